package org.calibeam.core.transform;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code ne(x, y)} → {@code logical_not(eq(x, y))}. */
final class DecomposeNotEqual extends OperatorRewrite {

  DecomposeNotEqual() {
    super(Gate.HONOURED, "aten.ne.Tensor");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref equal = emit.call("aten.eq.Tensor", arguments.get("self"), arguments.get("other"));
    return Optional.of(emit.call("aten.logical_not.default", equal));
  }
}
