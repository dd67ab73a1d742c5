package org.calibeam.core.transform;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code remainder.Tensor(x, y)} → {@code x - div(x, y, 'floor') * y}; {@code remainder.Scalar} is
 * quantized as it is.
 */
final class DecomposeRemainder extends OperatorRewrite {

  DecomposeRemainder() {
    super(Gate.IGNORED, "aten.remainder.Tensor");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument x = arguments.get("self");
    Argument y = arguments.get("other");
    Argument.Ref quotient = DecomposeFloorDivide.floor(emit, x, y);
    Argument.Ref product = emit.call("aten.mul.Tensor", quotient, y);
    return Optional.of(emit.call("aten.sub.Tensor", x, product));
  }

  @Override
  boolean triggers(Node.Call call) {
    return super.triggers(call) || call.isTarget("aten.remainder.Scalar");
  }
}
