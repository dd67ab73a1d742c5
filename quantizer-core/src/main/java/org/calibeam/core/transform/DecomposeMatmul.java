package org.calibeam.core.transform;

import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code matmul(x, y)} → {@code mm} or {@code bmm} with the views around it, see {@link
 * MatrixProduct}. Leaves a product with a vector on the right.
 */
final class DecomposeMatmul extends OperatorRewrite {

  DecomposeMatmul() {
    super(Gate.SKIPPED, "aten.matmul.default");
  }

  @Override
  Outcome outcome(boolean changed) {
    return Outcome.KEPT;
  }

  @Override
  Map<String, String> metadata(Node.Call call) {
    return module(call);
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    Argument.Ref y = arguments.tensor("other").orElseThrow();
    return emit.spec(y).rank() < 2
        ? Optional.empty()
        : Optional.of(new MatrixProduct(emit).of(x, y));
  }
}
