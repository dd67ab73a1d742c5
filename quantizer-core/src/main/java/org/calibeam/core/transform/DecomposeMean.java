package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code mean(x, dims)} → {@code reshape(sum(reshape(x, 4-D), dims, True) * (1 / N), out)}.
 *
 * <p>Dimensions of extent 1 need no sum. A tensor of fewer than 4 dimensions is given leading ones;
 * one of more is folded to 4 and unfolded again, as the reference does.
 */
final class DecomposeMean extends OperatorRewrite {

  DecomposeMean() {
    super(Gate.SKIPPED, "aten.mean.dim", "aten.mean.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    TensorSpec spec = emit.spec(x);
    int rank = spec.rank();
    List<Integer> axes = new ArrayList<>();
    for (long dim : dims(arguments, rank)) {
      int axis = Geometry.axis(dim, rank);
      if (Geometry.number(spec.sizes().get(axis)) != 1) {
        axes.add(axis);
      }
    }
    if (rank != 4) {
      List<Dim> folded = new ArrayList<>(spec.sizes());
      while (folded.size() < 4) {
        folded.add(0, Dim.of(1));
      }
      if (rank > 4) {
        folded.subList(0, rank - 3).clear();
        folded.add(0, Geometry.product(spec.sizes().subList(0, rank - 3)));
      }
      x = emit.call("aten.reshape.default", x, CallEmitter.sizes(folded));
      if (rank > 4) {
        x = emit.call("aten.reshape.default", x, CallEmitter.sizes(spec.sizes()));
      }
    }
    int shift = Math.max(0, 4 - rank);
    if (!axes.isEmpty()) {
      long elements = 1;
      for (int axis : axes) {
        elements *= Geometry.number(spec.sizes().get(axis));
      }
      Argument dims = new Argument.IntList(axes.stream().map(a -> (long) a + shift).toList());
      Argument.Ref sum = emit.call("aten.sum.dim_IntList", x, dims, of(true));
      x = emit.call("aten.mul.Tensor", sum, of(1.0 / elements));
    }
    List<Dim> out = Rewriting.firstSpec(call).sizes();
    if (!emit.spec(x).sizes().equals(out)) {
      x = emit.call("aten.reshape.default", x, CallEmitter.sizes(out));
    }
    return Optional.of(x);
  }

  private static List<Long> dims(Arguments arguments, int rank) {
    Optional<List<Long>> given =
        arguments.has("dim") ? arguments.integers("dim") : Optional.empty();
    return given.orElseGet(() -> LongStream.range(0, rank).boxed().toList());
  }
}
