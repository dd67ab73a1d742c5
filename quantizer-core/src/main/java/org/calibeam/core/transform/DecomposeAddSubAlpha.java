package org.calibeam.core.transform;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code add(x, y, alpha=2)} → {@code add(x, mul(y, 2))}, also for {@code sub}. */
final class DecomposeAddSubAlpha extends OperatorRewrite {

  DecomposeAddSubAlpha() {
    super(Gate.IGNORED, "aten.add.Tensor", "aten.sub.Tensor");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    if (!hasFactor(call)) {
      return Optional.empty();
    }
    Argument alpha = arguments.get("alpha");
    Argument y = arguments.get("other");
    Argument scaled =
        y instanceof Argument.Ref
            ? emit.call("aten.mul.Tensor", y, alpha)
            : Argument.of(
                Arguments.numberOf(y).orElseThrow() * Arguments.numberOf(alpha).orElseThrow());
    return Optional.of(emit.call(call.target(), arguments.get("self"), scaled));
  }

  @Override
  boolean triggers(Node.Call call) {
    return super.triggers(call) && hasFactor(call);
  }

  private static boolean hasFactor(Node.Call call) {
    return call.argument("alpha").flatMap(Arguments::numberOf).orElse(1.0) != 1;
  }
}
