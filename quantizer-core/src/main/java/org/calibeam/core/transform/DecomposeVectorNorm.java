package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code linalg_vector_norm(x, 1, dims)} → {@code sum(abs(x), dims)}; of order 2 → {@code
 * sqrt(sum(x * x, dims))}. Does not fire for other orders, for which the reference fails.
 */
final class DecomposeVectorNorm extends OperatorRewrite {

  DecomposeVectorNorm() {
    super(Gate.SKIPPED, "aten.linalg_vector_norm.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    double order = arguments.number("ord").orElse(2.0);
    if (order != 1 && order != 2) {
      rewriting.note(call, "a norm of order %s is not decomposed".formatted(order));
      return Optional.empty();
    }
    List<Long> all = LongStream.range(0, emit.spec(x).rank()).boxed().toList();
    Argument dims = new Argument.IntList(arguments.integers("dim").orElse(all));
    Argument.Ref magnitude =
        order == 1 ? emit.call("aten.abs.default", x) : emit.call("aten.mul.Tensor", x, x);
    Argument.Ref sum =
        emit.call("aten.sum.dim_IntList", magnitude, dims, Argument.of(arguments.flag("keepdim")));
    return Optional.of(order == 1 ? sum : emit.call("aten.sqrt.default", sum));
  }
}
