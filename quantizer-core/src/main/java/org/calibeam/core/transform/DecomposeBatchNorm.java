package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Convolutions;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code batch_norm(x, w, b, mean, var)} → {@code (x - view(mean)) * rsqrt(view(var) + full(eps)) *
 * view(w) + view(b)}.
 *
 * <p>Not in training mode. Behind a convolution that nothing else reads only after training: there
 * {@link FoldBatchNorm} has left it because it could not be folded. The reference keeps such a
 * batch norm, which its backend then cannot lower.
 */
final class DecomposeBatchNorm extends OperatorRewrite {
  private static final String CONVOLUTION = "aten.convolution.default";

  private final TransformForAnnotation.Mode mode;

  DecomposeBatchNorm(TransformForAnnotation.Mode mode) {
    super(Gate.SKIPPED, "aten.batch_norm.default");
    this.mode = mode;
  }

  @Override
  Outcome outcome(boolean changed) {
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("input").orElseThrow();
    boolean behindConvolution =
        rewriting
            .call(x)
            .filter(
                c ->
                    (Convolutions.includes(c) || c.isTarget(CONVOLUTION))
                        && rewriting.userCount(c.name()) == 1)
            .isPresent();
    Optional<Argument.Ref> mean = arguments.tensor("running_mean");
    Optional<Argument.Ref> variance = arguments.tensor("running_var");
    if (arguments.flag("training")
        || mean.isEmpty()
        || variance.isEmpty()
        || behindConvolution && mode == TransformForAnnotation.Mode.TRAINING) {
      return Optional.empty();
    }
    TensorSpec spec = emit.spec(x);
    List<Dim> ones = Collections.nCopies(spec.rank(), Dim.of(1));
    List<Dim> shape = new ArrayList<>(ones);
    shape.set(1, spec.sizes().get(1));
    Argument channels = CallEmitter.sizes(shape);
    Argument.Ref meanView = emit.call("aten.view_copy.default", mean.get(), channels);
    Argument.Ref varianceView = emit.call("aten.view_copy.default", variance.get(), channels);
    Argument.Ref centered = emit.call("aten.sub.Tensor", x, meanView);
    Argument.Ref eps = full(emit, CallEmitter.sizes(ones), arguments.get("eps"), spec);
    Argument.Ref shifted = emit.call("aten.add.Tensor", varianceView, eps);
    Argument.Ref inverse = emit.call("aten.rsqrt.default", shifted);
    Argument.Ref normed = emit.call("aten.mul.Tensor", centered, inverse);
    Argument.Ref weight = affine(emit, arguments.tensor("weight"), 1, shape, spec);
    Argument.Ref weighted = emit.call("aten.mul.Tensor", normed, weight);
    Argument.Ref bias = affine(emit, arguments.tensor("bias"), 0, shape, spec);
    return Optional.of(emit.call("aten.add.Tensor", weighted, bias));
  }

  private static Argument.Ref affine(
      CallEmitter emit,
      Optional<Argument.Ref> given,
      long otherwise,
      List<Dim> shape,
      TensorSpec spec) {
    Argument.Ref values =
        given.orElseGet(
            () ->
                full(emit, CallEmitter.sizes(List.of(shape.get(1))), Argument.of(otherwise), spec));
    return emit.call("aten.view_copy.default", values, CallEmitter.sizes(shape));
  }

  private static Argument.Ref full(
      CallEmitter emit, Argument sizes, Argument value, TensorSpec spec) {
    return emit.call("aten.full.default", List.of(sizes, value), CallEmitter.dtype(spec.dtype()));
  }
}
