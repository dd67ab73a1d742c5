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
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code select_scatter(x, y, dim, i)} → {@code where(view(arange(n), [1, …, -1, …]) == i,
 * expand(unsqueeze(y, dim)), x)}.
 */
final class DecomposeSelectScatter extends OperatorRewrite {

  DecomposeSelectScatter() {
    super(Gate.IGNORED, "aten.select_scatter.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    TensorSpec spec = emit.spec(x);
    int dim = Geometry.axis(arguments.integer("dim").orElseThrow(), spec.rank());
    long size = Geometry.number(spec.sizes().get(dim));
    long index = arguments.integer("index").orElseThrow();
    List<Long> shape = new ArrayList<>(Collections.nCopies(spec.rank(), 1L));
    shape.set(dim, -1L);
    Argument.Ref range = emit.call("aten.arange.start_step", of(0), of(size), of(1));
    Argument.Ref shaped = emit.call("aten.view_copy.default", range, new Argument.IntList(shape));
    Argument.Ref mask = emit.call("aten.eq.Scalar", shaped, of(index < 0 ? index + size : index));
    Argument.Ref source = emit.call("aten.unsqueeze_copy.default", arguments.get("src"), of(dim));
    Argument.Ref wide =
        emit.call("aten.expand_copy.default", source, CallEmitter.sizes(spec.sizes()));
    return Optional.of(emit.call("aten.where.self", mask, wide, x));
  }
}
