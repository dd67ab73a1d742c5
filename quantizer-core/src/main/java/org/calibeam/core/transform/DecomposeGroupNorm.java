package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.Dim;

/**
 * {@code group_norm(x, G, w, b, eps)} → {@code x' = reshape(x, [N, G, C / G, rest])}, normalized
 * over its last two dimensions as {@link DecomposeLayerNorm} does, times {@code reshape(w, [1, G, C
 * / G, 1])}, plus the same of b, back in the shape of x.
 */
final class DecomposeGroupNorm extends OperatorRewrite {

  DecomposeGroupNorm() {
    super(Gate.SKIPPED, "aten.group_norm.default");
  }

  @Override
  Outcome outcome(boolean changed) {
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("input").orElseThrow();
    List<Dim> shape = emit.spec(x).sizes();
    long groups = arguments.integer("num_groups").orElseThrow();
    Dim each = Dim.of(Geometry.number(shape.get(1)) / groups);
    Dim rest = Geometry.product(shape.subList(2, shape.size()));
    Argument grouped = CallEmitter.sizes(List.of(shape.get(0), Dim.of(groups), each, rest));
    Argument affine = CallEmitter.sizes(List.of(Dim.of(1), Dim.of(groups), each, Dim.of(1)));
    x = emit.call("aten.reshape.default", x, grouped);
    Argument.Ref y = DecomposeLayerNorm.normalized(emit, x, List.of(2L, 3L), arguments.get("eps"));
    Optional<Argument.Ref> weight = arguments.tensor("weight");
    if (weight.isPresent()) {
      Argument.Ref shaped = emit.call("aten.reshape.default", weight.get(), affine);
      y = emit.call("aten.mul.Tensor", y, shaped);
    }
    Optional<Argument.Ref> bias = arguments.tensor("bias");
    if (bias.isPresent()) {
      Argument.Ref shaped = emit.call("aten.reshape.default", bias.get(), affine);
      y = emit.call("aten.add.Tensor", y, shaped);
    }
    return Optional.of(emit.call("aten.reshape.default", y, CallEmitter.sizes(shape)));
  }
}
