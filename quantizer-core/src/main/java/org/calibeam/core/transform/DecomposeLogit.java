package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code logit(x, eps)} → {@code y = clamp(x, eps, 1 - eps); log(y * reciprocal(y * -1 + 1))};
 * without eps the clamp is left out.
 */
final class DecomposeLogit extends OperatorRewrite {

  DecomposeLogit() {
    super(Gate.HONOURED, "aten.logit.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    Optional<Double> eps = arguments.number("eps");
    if (eps.isPresent()) {
      x = emit.call("aten.clamp.default", x, of(eps.get()), of(1.0 - eps.get()));
    }
    Argument.Ref negative = emit.call("aten.mul.Scalar", x, of(-1.0));
    Argument.Ref rest = emit.call("aten.add.Scalar", negative, of(1.0));
    Argument.Ref inverse = emit.call("aten.reciprocal.default", rest);
    Argument.Ref odds = emit.call("aten.mul.Tensor", x, inverse);
    return Optional.of(emit.call("aten.log.default", odds));
  }
}
