package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code var(x, dims, correction, keepdim)} → {@code d = x - mean(x, dims, True); sum(d * d, dims,
 * keepdim) * (1 / (N - correction))}, N elements being reduced.
 *
 * <p>Does not fire for {@code N <= correction}, where the result is not a number.
 */
final class DecomposeVar extends OperatorRewrite {

  DecomposeVar() {
    super(Gate.SKIPPED, "aten.var.correction", "aten.var.dim");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    TensorSpec spec = emit.spec(x);
    List<Long> dims =
        arguments
            .integers("dim")
            .filter(d -> !d.isEmpty())
            .orElseGet(() -> LongStream.range(0, spec.rank()).boxed().toList());
    double correction =
        arguments.has("correction")
            ? arguments.number("correction").orElse(1.0)
            : arguments.flag("unbiased") ? 1 : 0;
    long elements = 1;
    for (long dim : dims) {
      elements *= Geometry.number(spec.sizes().get(Geometry.axis(dim, spec.rank())));
    }
    if (elements <= correction) {
      rewriting.note(
          call, "variance of %d elements, correction %s".formatted(elements, correction));
      return Optional.empty();
    }
    Argument axes = new Argument.IntList(dims);
    Argument.Ref mean = emit.call("aten.mean.dim", x, axes, of(true));
    Argument.Ref centered = emit.call("aten.sub.Tensor", x, mean);
    Argument.Ref square = emit.call("aten.mul.Tensor", centered, centered);
    Argument.Ref sum =
        emit.call("aten.sum.dim_IntList", square, axes, of(arguments.flag("keepdim")));
    return Optional.of(emit.call("aten.mul.Tensor", sum, of(1 / (elements - correction))));
  }
}
