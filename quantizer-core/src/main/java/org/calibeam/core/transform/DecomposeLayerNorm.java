package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code layer_norm(x, shape, w, b, eps)} → {@code (x - mean(x, dims, True)) * rsqrt(var(x, dims,
 * correction=0, keepdim=True) + eps) * reshape(w) + reshape(b)}, dims being the last ones, from the
 * back.
 *
 * <p>The mean and its difference carry no metadata, as in the reference, which then counts them to
 * no module.
 */
final class DecomposeLayerNorm extends OperatorRewrite {

  DecomposeLayerNorm() {
    super(Gate.SKIPPED, "aten.layer_norm.default");
  }

  @Override
  Outcome outcome(boolean changed) {
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("input").orElseThrow();
    TensorSpec spec = emit.spec(x);
    int rank = spec.rank();
    int normalized = arguments.integers("normalized_shape").orElseThrow().size();
    List<Long> dims = new ArrayList<>();
    List<Dim> affine = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      boolean inside = i >= rank - normalized;
      affine.add(inside ? spec.sizes().get(i) : Dim.of(1));
      if (inside) {
        dims.add(0, (long) i);
      }
    }
    Argument.Ref y = normalized(emit, x, dims, arguments.get("eps"));
    Optional<Argument.Ref> weight = arguments.tensor("weight");
    if (weight.isPresent()) {
      Argument.Ref shaped =
          emit.call("aten.reshape.default", weight.get(), CallEmitter.sizes(affine));
      y = emit.call("aten.mul.Tensor", y, shaped);
    }
    Optional<Argument.Ref> bias = arguments.tensor("bias");
    if (bias.isPresent()) {
      Argument.Ref shaped =
          emit.call("aten.reshape.default", bias.get(), CallEmitter.sizes(affine));
      y = emit.call("aten.add.Tensor", y, shaped);
    }
    return Optional.of(y);
  }

  /** {@code x} less its mean, over its standard deviation along {@code dims}. */
  static Argument.Ref normalized(CallEmitter emit, Argument.Ref x, List<Long> dims, Argument eps) {
    Argument axes = new Argument.IntList(dims);
    Argument yes = Argument.of(true);
    Argument.Ref mean = emit.callWith(Map.of(), "aten.mean.dim", x, axes, yes);
    Argument.Ref centered = emit.callWith(Map.of(), "aten.sub.Tensor", x, mean);
    Argument.Ref variance =
        emit.call(
            "aten.var.correction",
            List.of(x, axes),
            NamedArgument.keyword("correction", Argument.of(0)),
            NamedArgument.keyword("keepdim", yes));
    Argument.Ref shifted = emit.call("aten.add.Tensor", variance, eps);
    Argument.Ref inverse = emit.call("aten.rsqrt.default", shifted);
    return emit.call("aten.mul.Tensor", centered, inverse);
  }
}
