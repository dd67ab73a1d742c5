package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code sign(x)} → {@code where(x < 0, where(x < 0, -one, zero), where(x > 0, one, zero))} with
 * {@code zero = x * 0} and {@code one = zero + 1}.
 */
final class DecomposeSign extends OperatorRewrite {

  DecomposeSign() {
    super(Gate.HONOURED, "aten.sign.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument x = arguments.get("self");
    Argument.Ref positive = emit.call("aten.gt.Scalar", x, of(0.0));
    Argument.Ref negative = emit.call("aten.lt.Scalar", x, of(0.0));
    Argument.Ref zero = emit.call("aten.mul.Scalar", x, of(0.0));
    Argument.Ref one = emit.call("aten.add.Scalar", zero, of(1.0));
    Argument.Ref minusOne = emit.call("aten.neg.default", one);
    Argument.Ref below = emit.call("aten.where.self", negative, minusOne, zero);
    Argument.Ref above = emit.call("aten.where.self", positive, one, zero);
    return Optional.of(emit.call("aten.where.self", negative, below, above));
  }
}
