package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code softmax(x, d)} → {@code e = exp(x - amax(x, [d], True)); e * reciprocal(sum(e, [d],
 * True))}, and {@code log} of it for {@code log_softmax}.
 *
 * <p>{@code _safe_softmax} is taken for a softmax, which is right unless a row is masked entirely.
 */
final class DecomposeSoftmax extends OperatorRewrite {

  DecomposeSoftmax() {
    super(Gate.HONOURED, "aten.softmax.int", "aten._safe_softmax.default", "aten.log_softmax.int");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    Argument dims = new Argument.IntList(List.of(arguments.integer("dim").orElseThrow()));
    Argument.Ref max = emit.call("aten.amax.default", x, dims, of(true));
    Argument.Ref shifted = emit.call("aten.sub.Tensor", x, max);
    Argument.Ref exp = emit.call("aten.exp.default", shifted);
    Argument.Ref sum = emit.call("aten.sum.dim_IntList", exp, dims, of(true));
    Argument.Ref inverse = emit.call("aten.reciprocal.default", sum);
    Argument.Ref result = emit.call("aten.mul.Tensor", exp, inverse);
    if (call.isTarget("aten.log_softmax.int")) {
      result = emit.call("aten.log.default", result);
    }
    return Optional.of(result);
  }
}
