package org.calibeam.core.transform;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code div(a, b)} → {@code mul(a, reciprocal(b))}. */
final class DecomposeDiv extends OperatorRewrite {

  DecomposeDiv() {
    super(Gate.HONOURED, "aten.div.Tensor", "aten.div_.Tensor");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Optional<Argument.Ref> divisor = arguments.tensor("other");
    if (divisor.isEmpty()) {
      return Optional.empty();
    }
    Argument.Ref inverse = emit.call("aten.reciprocal.default", divisor.get());
    return Optional.of(emit.call("aten.mul.Tensor", arguments.get("self"), inverse));
  }
}
