package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code floor_divide(x, y)} → {@code div(x, y, 'floor')}; an integer y becomes {@code full_like}
 * first.
 */
final class DecomposeFloorDivide extends OperatorRewrite {

  DecomposeFloorDivide() {
    super(Gate.IGNORED, "aten.floor_divide.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument x = arguments.get("self");
    Argument y = arguments.get("other");
    if (y instanceof Argument.IntValue) {
      y = emit.call("aten.full_like.default", x, y);
    }
    return Optional.of(floor(emit, x, y));
  }

  /** The quotient rounded down. */
  static Argument.Ref floor(CallEmitter emit, Argument x, Argument y) {
    return emit.call(
        "aten.div.Tensor_mode",
        List.of(x, y),
        NamedArgument.keyword("rounding_mode", new Argument.StringValue("floor")));
  }
}
