package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code sqrt(x)} → {@code pow(x, 0.5)}. */
final class DecomposeSqrt extends OperatorRewrite {

  DecomposeSqrt() {
    super(Gate.HONOURED, "aten.sqrt.default", "aten.sqrt_.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    return Optional.of(emit.call("aten.pow.Tensor_Scalar", arguments.get("self"), of(0.5)));
  }
}
