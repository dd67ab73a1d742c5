package org.calibeam.core.transform;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorData;

/**
 * {@code mul(conv2d(x, w, b), s)} → {@code conv2d(x, w * s, b * s)} for a number or a constant with
 * one value per output channel.
 *
 * <p>A batch norm behind the product then is one behind the convolution, and is folded as well; the
 * reference leaves it there, where its backend cannot lower it.
 *
 * <p>The convolution must have no other user, the call must give a bias (possibly {@code None}) and
 * weight and bias must be float32 constants that nothing else in the graph reads: so matches the
 * reference, which however scales them in the caller's model, where another user would see it.
 */
final class FoldScalarMulIntoConv implements Rewrite {
  private final TransformForAnnotation.Mode mode;

  FoldScalarMulIntoConv(TransformForAnnotation.Mode mode) {
    this.mode = mode;
  }

  @Override
  public Outcome apply(Rewriting rewriting) {
    for (Node.Call call : rewriting.calls()) {
      boolean product = call.isTarget("aten.mul.Tensor") || call.isTarget("aten.mul.Scalar");
      if (product && rewriting.isAllowed(call)) {
        Node.Call mul = (Node.Call) rewriting.editor().node(call.name());
        Argument left = mul.argument(0).orElseThrow();
        Argument right = mul.argument(1).orElseThrow();
        if (!fold(mul, left, right, rewriting)) {
          fold(mul, right, left, rewriting);
        }
      }
    }
    if (rewriting.editor().isChanged()) {
      rewriting.removeDead();
      if (mode == TransformForAnnotation.Mode.POST_TRAINING) {
        FoldBatchNorm.apply(rewriting);
      }
    }
    return Outcome.KEPT;
  }

  private static boolean fold(
      Node.Call mul, Argument convolution, Argument factor, Rewriting rewriting) {
    Optional<Node.Call> found = rewriting.call(convolution).filter(c -> isFoldable(c, rewriting));
    if (found.isEmpty()) {
      return false;
    }
    Node.Call conv = found.get();
    List<Dim> sizes = Rewriting.firstSpec(conv).sizes();
    int channels = Math.toIntExact(Geometry.number(sizes.get(1)));
    Optional<float[]> scale = scale(factor, sizes.size(), channels, rewriting);
    Argument weight = conv.argument(1).orElseThrow();
    Argument bias = conv.argument(2).orElse(Argument.NONE);
    boolean constant =
        isOwnConstant(weight, conv, rewriting)
            && (bias instanceof Argument.None || isOwnConstant(bias, conv, rewriting));
    if (scale.isEmpty() || !constant) {
      return false;
    }
    for (Argument scaled : List.of(weight, bias)) {
      rewriting
          .getAttr(scaled)
          .ifPresent(
              attr ->
                  rewriting.setValue(
                      attr, times(rewriting.data(scaled).orElseThrow(), scale.get())));
    }
    rewriting.replace(mul, Argument.ref(conv.name()));
    return true;
  }

  private static boolean isFoldable(Node.Call conv, Rewriting rewriting) {
    long given =
        conv.arguments().stream().filter(a -> a.kind() != NamedArgument.Kind.KEYWORD).count();
    boolean target =
        conv.isTarget("aten.conv2d.default") && given >= 3
            || conv.isTarget("aten.convolution.default")
                && given >= 9
                && !Arguments.of(conv).flag("transposed");
    return target && rewriting.userCount(conv.name()) == 1;
  }

  private static boolean isOwnConstant(Argument argument, Node.Call conv, Rewriting rewriting) {
    return rewriting
        .getAttr(argument)
        .filter(attr -> rewriting.editor().users(attr.name()).equals(List.of(conv.name())))
        .filter(attr -> !rewriting.editor().isOutput(attr.name()))
        .filter(attr -> !rewriting.isWritten(attr.constant()))
        .flatMap(attr -> rewriting.data(argument))
        .filter(data -> data.dtype() == DType.FLOAT32)
        .isPresent();
  }

  /** One factor per output channel, if {@code factor} stands for that. */
  private static Optional<float[]> scale(
      Argument factor, int rank, int channels, Rewriting rewriting) {
    float[] scale = new float[channels];
    Optional<Double> number = Arguments.numberOf(factor);
    if (number.isPresent()) {
      Arrays.fill(scale, number.get().floatValue());
      return Optional.of(scale);
    }
    Optional<TensorData> data = rewriting.data(factor).filter(d -> d.dtype() == DType.FLOAT32);
    if (data.isEmpty()) {
      return Optional.empty();
    }
    float[] values = data.get().toFloats();
    if (values.length == 1) {
      Arrays.fill(scale, values[0]);
      return Optional.of(scale);
    }
    long[] sizes = data.get().sizes();
    int lead = rank - sizes.length;
    boolean perChannel =
        values.length == channels
            && lead >= 0
            && IntStream.range(0, sizes.length).allMatch(i -> lead + i == 1 || sizes[i] == 1);
    return perChannel ? Optional.of(values) : Optional.empty();
  }

  private static TensorData times(TensorData data, float[] scale) {
    float[] values = data.toFloats();
    int each = values.length / scale.length;
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale[i / each];
    }
    return TensorData.ofFloats(values, data.sizes());
  }
}
