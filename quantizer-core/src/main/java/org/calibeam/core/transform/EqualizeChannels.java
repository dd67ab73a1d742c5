package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/**
 * {@code W2 relu(W1 x + b)} → {@code (W2 s) relu((W1 x + b) / s)} with a factor for each channel in
 * between: cross-layer equalization after Nagel et al., "Data-Free Quantization Through Weight
 * Equalization and Bias Correction" (2019), section 4.1.
 *
 * <p>A channel with small weights before and large ones behind it uses few of the integers that all
 * channels of the tensor share. {@code s = sqrt(r1 / r2)}, with the greatest weight {@code r1} that
 * writes the channel and {@code r2} that reads it, makes both alike. Here {@code s} is rounded to a
 * power of two: scaling by it is exact, so the float model computes the same bits as before.
 *
 * <p>Between the layers there may be what keeps such factors: relu, pooling, means over space and
 * flattening, each with one reader; not relu6, hardtanh or hardswish, which have fixed bounds.
 */
public final class EqualizeChannels {
  /** Sweeps after which chains of layers have long settled, powers of two being coarse. */
  private static final int SWEEPS = 10;

  private final Rewriting rewriting;
  private final Map<List<String>, int[]> exponents = new LinkedHashMap<>();

  private EqualizeChannels(Rewriting rewriting) {
    this.rewriting = rewriting;
  }

  /**
   * What was done.
   *
   * @param pairs layers with another scale in between
   */
  public record Outcome(GraphAndConstants result, List<EqualizedPair> pairs) {
    public Outcome {
      pairs = List.copyOf(pairs);
    }
  }

  /**
   * Equalizes every pair of layers that can be.
   *
   * @param isQuantized whether a layer is to run on integers; others are left alone
   */
  public static Outcome apply(GraphAndConstants input, Predicate<String> isQuantized) {
    Rewriting rewriting = new Rewriting(input);
    EqualizeChannels equalize = new EqualizeChannels(rewriting);
    boolean changed = true;
    for (int sweep = 0; sweep < SWEEPS && changed; sweep++) {
      changed = false;
      for (Node.Call call : rewriting.calls()) {
        if (isQuantized.test(call.name())) {
          Optional<ScaledLayer> first = ScaledLayer.of(rewriting, call);
          Optional<ChannelFlow> flow =
              first.flatMap(layer -> ChannelFlow.from(rewriting, layer.call()));
          if (flow.isPresent() && isQuantized.test(flow.get().reader().name())) {
            changed |= equalize.equalize(first.get(), flow.get());
          }
        }
      }
    }
    return new Outcome(
        input.with(rewriting.editor().build(), rewriting.constants()), equalize.pairs());
  }

  private boolean equalize(ScaledLayer first, ChannelFlow flow) {
    Optional<ScaledLayer> second = ScaledLayer.of(rewriting, flow.reader());
    if (second.isEmpty()) {
      return false;
    }
    float[] writes = first.greatestOfOutputs();
    Optional<float[]> reads = second.get().greatestOfInputs(writes.length, flow.repeat());
    if (reads.isEmpty()) {
      return false;
    }
    int[] exponent = new int[writes.length];
    boolean any = false;
    for (int c = 0; c < writes.length; c++) {
      if (writes[c] > 0 && reads.get()[c] > 0) {
        double half = Math.log(writes[c] / (double) reads.get()[c]) / Math.log(2) / 2;
        exponent[c] = (int) Math.rint(half);
        any |= exponent[c] != 0;
      }
    }
    if (!any) {
      return false;
    }
    first.divideOutputs(rewriting, exponent);
    second.get().multiplyInputs(rewriting, exponent, flow.repeat());
    int[] sum =
        exponents.computeIfAbsent(
            List.of(first.call().name(), flow.reader().name()), p -> new int[exponent.length]);
    for (int c = 0; c < sum.length; c++) {
      sum[c] += exponent[c];
    }
    return true;
  }

  private List<EqualizedPair> pairs() {
    List<EqualizedPair> pairs = new ArrayList<>();
    exponents.forEach(
        (layers, exponent) -> {
          int channels = 0;
          int least = Integer.MAX_VALUE;
          int greatest = Integer.MIN_VALUE;
          for (int e : exponent) {
            channels += e == 0 ? 0 : 1;
            least = Math.min(least, e);
            greatest = Math.max(greatest, e);
          }
          pairs.add(
              new EqualizedPair(
                  layers.get(0),
                  layers.get(1),
                  channels,
                  Math.scalb(1.0, least),
                  Math.scalb(1.0, greatest)));
        });
    return pairs;
  }

  /**
   * A convolution or linear layer with float32 constants that nothing else reads.
   *
   * @param weight {@code [out, in / groups, …]}
   */
  private record ScaledLayer(
      Node.Call call, Node.GetAttr weightNode, TensorData weight, Optional<Node.GetAttr> bias) {

    static Optional<ScaledLayer> of(Rewriting rewriting, Node.Call call) {
      if (!ChannelFlow.isLayer(call)) {
        return Optional.empty();
      }
      Arguments arguments = Arguments.of(call);
      Optional<Node.GetAttr> weight = own(rewriting, call, arguments.get("weight"));
      Optional<Node.GetAttr> bias = own(rewriting, call, arguments.get("bias"));
      boolean wants = !arguments.isNone("bias");
      return weight.isPresent() && (!wants || bias.isPresent())
          ? Optional.of(
              new ScaledLayer(
                  call, weight.get(), rewriting.data(arguments.get("weight")).orElseThrow(), bias))
          : Optional.empty();
    }

    private static Optional<Node.GetAttr> own(
        Rewriting rewriting, Node.Call call, Argument argument) {
      return rewriting
          .getAttr(argument)
          .filter(attr -> rewriting.editor().users(attr.name()).equals(List.of(call.name())))
          .filter(attr -> !rewriting.editor().isOutput(attr.name()))
          .filter(attr -> !rewriting.isWritten(attr.constant()))
          .filter(
              attr ->
                  rewriting
                      .data(argument)
                      .filter(data -> data.dtype() == DType.FLOAT32 && data.elements() > 0)
                      .isPresent());
    }

    private int perOutput() {
      return weight.elements() / Math.toIntExact(weight.sizes()[0]);
    }

    float[] greatestOfOutputs() {
      float[] values = weight.toFloats();
      float[] greatest = new float[Math.toIntExact(weight.sizes()[0])];
      for (int i = 0; i < values.length; i++) {
        int o = i / perOutput();
        greatest[o] = Math.max(greatest[o], Math.abs(values[i]));
      }
      return greatest;
    }

    /**
     * The greatest weight that reads each of {@code channels} channels; empty if they do not fit.
     *
     * @param repeat how many inputs in a row belong to one channel
     */
    Optional<float[]> greatestOfInputs(int channels, int repeat) {
      int inputs = Math.toIntExact(weight.sizes()[1]);
      boolean fits =
          call.isTarget(ChannelFlow.LINEAR)
              ? inputs == channels * (long) repeat
              : repeat == 1 && channels % inputs == 0 && groupsFit(channels / inputs);
      if (!fits) {
        return Optional.empty();
      }
      float[] values = weight.toFloats();
      float[] greatest = new float[channels];
      for (int i = 0; i < values.length; i++) {
        int c = channelRead(i, channels, repeat);
        greatest[c] = Math.max(greatest[c], Math.abs(values[i]));
      }
      return Optional.of(greatest);
    }

    private boolean groupsFit(int groups) {
      return weight.sizes()[0] % groups == 0
          && Arguments.of(call).integer("groups").orElse(1L) == groups;
    }

    /** The channel of the input that element {@code i} of the weight is multiplied with. */
    private int channelRead(int i, int channels, int repeat) {
      int inputs = Math.toIntExact(weight.sizes()[1]);
      int input = i % perOutput() / (perOutput() / inputs);
      if (call.isTarget(ChannelFlow.LINEAR)) {
        return input / repeat;
      }
      int groups = channels / inputs;
      int outputsPerGroup = Math.toIntExact(weight.sizes()[0]) / groups;
      return i / perOutput() / outputsPerGroup * inputs + input;
    }

    void divideOutputs(Rewriting rewriting, int[] exponent) {
      float[] values = weight.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.scalb(values[i], -exponent[i / perOutput()]);
      }
      rewriting.setValue(weightNode, TensorData.ofFloats(values, weight.sizes()));
      if (bias.isPresent()) {
        TensorData old = rewriting.data(Argument.ref(bias.get().name())).orElseThrow();
        float[] biases = old.toFloats();
        for (int c = 0; c < biases.length; c++) {
          biases[c] = Math.scalb(biases[c], -exponent[c]);
        }
        rewriting.setValue(bias.get(), TensorData.ofFloats(biases, old.sizes()));
      }
    }

    void multiplyInputs(Rewriting rewriting, int[] exponent, int repeat) {
      float[] values = weight.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.scalb(values[i], exponent[channelRead(i, exponent.length, repeat)]);
      }
      rewriting.setValue(weightNode, TensorData.ofFloats(values, weight.sizes()));
    }
  }
}
