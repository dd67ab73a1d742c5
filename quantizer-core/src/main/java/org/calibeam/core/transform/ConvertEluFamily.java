package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code selu(x)} → {@code elu(x, 1.67…, 1.05…, 1)}, {@code celu(x, a)} → {@code elu(x, a, 1, 1 /
 * a)}.
 */
final class ConvertEluFamily extends OperatorRewrite {

  /** Constants of self-normalizing networks, as PyTorch has them (Klambauer et al. 2017). */
  private static final double ALPHA = 1.6732632423543772;

  private static final double SCALE = 1.0507009873554805;

  ConvertEluFamily() {
    super(Gate.SKIPPED, "aten.selu.default", "aten.celu.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument x = arguments.get("self");
    if (call.isTarget("aten.selu.default")) {
      return Optional.of(emit.call("aten.elu.default", x, of(ALPHA), of(SCALE), of(1.0)));
    }
    double alpha = arguments.number("alpha").orElseThrow();
    return Optional.of(emit.call("aten.elu.default", x, of(alpha), of(1.0), of(1.0 / alpha)));
  }
}
