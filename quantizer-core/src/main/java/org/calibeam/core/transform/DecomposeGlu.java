package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;

/**
 * {@code glu(x, dim)} → {@code slice_copy(x, dim, 0, n / 2) * sigmoid(slice_copy(x, dim, n / 2,
 * n))}.
 */
final class DecomposeGlu extends OperatorRewrite {

  DecomposeGlu() {
    super(Gate.HONOURED, "aten.glu.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    int dim = Geometry.axis(arguments.integer("dim").orElseThrow(), emit.spec(x).rank());
    long size = Geometry.number(emit.spec(x).sizes().get(dim));
    long half = size / 2;
    Argument.Ref value = emit.call("aten.slice_copy.Tensor", x, of(dim), of(0), of(half));
    Argument.Ref gate = emit.call("aten.slice_copy.Tensor", x, of(dim), of(half), of(size));
    Argument.Ref open = emit.call("aten.sigmoid.default", gate);
    return Optional.of(emit.call("aten.mul.Tensor", value, open));
  }
}
