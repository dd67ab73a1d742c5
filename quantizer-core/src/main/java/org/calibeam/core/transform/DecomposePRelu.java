package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code prelu(x, w)} → {@code clamp(x, 0, None) + clamp(x, None, 0) * w'}, w' being w, or {@code
 * view_copy(w, [1, C, 1, …])} where there is one weight per channel.
 */
final class DecomposePRelu extends OperatorRewrite {

  DecomposePRelu() {
    super(Gate.SKIPPED, "aten.prelu.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    Argument.Ref weight = arguments.tensor("weight").orElseThrow();
    Argument.Ref positive = emit.call("aten.clamp.default", x, of(0), Argument.NONE);
    Argument.Ref negative = emit.call("aten.clamp.default", x, Argument.NONE, of(0));
    TensorSpec spec = emit.spec(weight);
    if (spec.rank() == 1 && Geometry.number(spec.sizes().get(0)) != 1) {
      List<Dim> shape = new ArrayList<>(Collections.nCopies(emit.spec(x).rank(), Dim.of(1)));
      shape.set(1, spec.sizes().get(0));
      weight = emit.call("aten.view_copy.default", weight, CallEmitter.sizes(shape));
    }
    Argument.Ref scaled = emit.call("aten.mul.Tensor", negative, weight);
    return Optional.of(emit.call("aten.add.Tensor", positive, scaled));
  }
}
