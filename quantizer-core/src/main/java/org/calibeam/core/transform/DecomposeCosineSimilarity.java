package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code cosine_similarity(x, y, dim, eps)} → {@code sum(x * y) / (max(|x|, eps) * max(|y|, eps))}
 * with {@code |x| = pow(sum(x * x), 0.5)}, all sums along dim.
 *
 * <p>The reference overlooks dim and eps where they are passed by position, as export passes them.
 */
final class DecomposeCosineSimilarity extends OperatorRewrite {

  DecomposeCosineSimilarity() {
    super(Gate.SKIPPED, "aten.cosine_similarity.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("x1").orElseThrow();
    Argument.Ref y = arguments.tensor("x2").orElseThrow();
    Argument dims = new Argument.IntList(arguments.integers("dim").orElseThrow());
    Argument.Ref dot = product(emit, x, y, dims);
    Argument.Ref xNorm = emit.call("aten.pow.Tensor_Scalar", product(emit, x, x, dims), of(0.5));
    Argument.Ref yNorm = emit.call("aten.pow.Tensor_Scalar", product(emit, y, y, dims), of(0.5));
    Argument.Ref eps = emit.call("aten.full_like.default", xNorm, arguments.get("eps"));
    Argument.Ref xLength = emit.call("aten.maximum.default", xNorm, eps);
    Argument.Ref yLength = emit.call("aten.maximum.default", yNorm, eps);
    Argument.Ref lengths = emit.call("aten.mul.Tensor", xLength, yLength);
    return Optional.of(emit.call("aten.div.Tensor", dot, lengths));
  }

  private static Argument.Ref product(
      CallEmitter emit, Argument.Ref x, Argument.Ref y, Argument dims) {
    Argument.Ref products = emit.call("aten.mul.Tensor", x, y);
    return emit.call("aten.sum.dim_IntList", products, dims, of(false));
  }
}
