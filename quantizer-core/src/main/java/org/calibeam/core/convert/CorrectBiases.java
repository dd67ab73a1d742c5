package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.prepare.BiasedLayer;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code b} → {@code b - (Wq - W) E[x]} for each layer whose input's channels were summed up: after
 * Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
 * section 4.2, with the mean input from the samples.
 *
 * <p>Rounding the weights to {@code Wq} moves the mean of each output channel by {@code (Wq - W)
 * E[x]}, which the next layers would see as signal. Without it the expected squared error of the
 * layer falls by the square of that shift, whatever the distribution of {@code x}.
 *
 * <p>Only layers that {@link BiasedLayer#marked} chose are touched.
 *
 * <p>Where a convolution pads with zeros, a tap of the kernel at the border reads the input at some
 * positions only; its share of the mean is the share of positions at which it does.
 */
final class CorrectBiases {
  private final Map<ObserverId, PreparedObserver> observers;
  private final Map<ObserverId, Statistic> statistics;
  private final Map<ObserverId, QParams> qparams;
  private final Map<String, Constant> constants;
  private final List<CorrectedBias> corrected = new ArrayList<>();

  /**
   * @param constants of the program; gets the new biases
   */
  CorrectBiases(
      Map<ObserverId, PreparedObserver> observers,
      Map<ObserverId, Statistic> statistics,
      Map<ObserverId, QParams> qparams,
      Map<String, Constant> constants) {
    this.observers = observers;
    this.statistics = statistics;
    this.qparams = qparams;
    this.constants = constants;
  }

  List<CorrectedBias> corrected() {
    return List.copyOf(corrected);
  }

  /** {@code graph}, which still has its observation points, with other biases. */
  Graph apply(CodePath path, Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (BiasedLayer layer : BiasedLayer.of(path, graph, observers)) {
      Statistic seen = statistics.get(layer.activation());
      if (seen != null
          && layer.isMarked()
          && seen.channelSums().channels() > 0
          && seen.counts().finite() > 0
          && seen.counts().finite() == seen.elements()) {
        correct(path, graph, editor, layer, seen);
      }
    }
    return editor.isChanged() ? editor.build() : graph;
  }

  private void correct(
      CodePath path, Graph graph, GraphEditor editor, BiasedLayer layer, Statistic seen) {
    TensorData weight =
        Objects.requireNonNull(constants.get(layer.weightConstant().constant())).tensor();
    Constant bias = Objects.requireNonNull(constants.get(layer.bias().constant()));
    double[] means = means(seen);
    float[] values = bias.tensor().toFloats();
    long[] sizes = weight.sizes();
    if (values.length != sizes[0] || means.length % sizes[1] != 0) {
      return;
    }
    double[] shift = shift(graph, layer, weight, means);
    double squares = 0;
    double largest = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] - shift[i]);
      squares += shift[i] * shift[i];
      largest = Math.max(largest, Math.abs(shift[i]));
    }
    replace(editor, layer, bias.withData(TensorData.ofFloats(values, bias.tensor().sizes())));
    corrected.add(
        new CorrectedBias(
            path,
            layer.call().name(),
            shift.length,
            Math.sqrt(squares / Math.max(1, shift.length)),
            largest));
  }

  private static double[] means(Statistic seen) {
    double[] means = new double[seen.channelSums().channels()];
    double perChannel = (double) seen.elements() / means.length;
    for (int i = 0; i < means.length; i++) {
      means[i] = seen.channelSums().sum(i) / perChannel;
    }
    return means;
  }

  /** How far rounding the weights moves the mean of each output channel. */
  private double[] shift(Graph graph, BiasedLayer layer, TensorData weight, double[] means) {
    double[] rounding =
        QuantizeConstant.rounding(weight, Objects.requireNonNull(qparams.get(layer.weight())));
    long[] sizes = weight.sizes();
    int outputs = Math.toIntExact(sizes[0]);
    int inputs = Math.toIntExact(sizes[1]);
    double[] taps = layer.isLinear() ? new double[] {1} : coverage(graph, layer.call(), sizes);
    int groups = layer.isLinear() ? 1 : Math.max(1, means.length / Math.max(1, inputs));
    int outputsPerGroup = Math.max(1, outputs / groups);
    double[] shift = new double[outputs];
    int at = 0;
    for (int o = 0; o < outputs; o++) {
      int first = o / outputsPerGroup * inputs;
      for (int i = 0; i < inputs; i++) {
        double error = 0;
        for (double tap : taps) {
          error += tap * rounding[at++];
        }
        shift[o] += error * means[first + i];
      }
    }
    return shift;
  }

  /** The share of output positions at which each tap of the kernel reads the input, row-major. */
  private static double[] coverage(Graph graph, Node.Call call, long[] weight) {
    Arguments arguments = Arguments.of(call);
    TensorSpec input =
        graph.node(arguments.tensor("input").orElseThrow().node()).spec().orElseThrow();
    TensorSpec output = call.spec().orElseThrow();
    double[] all = {1};
    for (int d = 2; d < weight.length; d++) {
      double[] along =
          along(
              input.sizes().get(input.rank() - weight.length + d).fixed(),
              output.sizes().get(output.rank() - weight.length + d).fixed(),
              weight[d],
              option(arguments, "stride", d - 2, 1),
              option(arguments, "dilation", d - 2, 1),
              padding(arguments, d - 2, weight[d]));
      double[] product = new double[all.length * along.length];
      for (int i = 0; i < product.length; i++) {
        product[i] = all[i / along.length] * along[i % along.length];
      }
      all = product;
    }
    return all;
  }

  private static double[] along(
      OptionalLong input, OptionalLong output, long kernel, long stride, long dilation, long pad) {
    double[] share = new double[Math.toIntExact(kernel)];
    for (int k = 0; k < share.length; k++) {
      share[k] = 1;
      if (input.isPresent() && output.isPresent() && output.getAsLong() > 0) {
        long inside = 0;
        for (long o = 0; o < output.getAsLong(); o++) {
          long position = o * stride - pad + k * dilation;
          inside += position >= 0 && position < input.getAsLong() ? 1 : 0;
        }
        share[k] = (double) inside / output.getAsLong();
      }
    }
    return share;
  }

  private static long padding(Arguments arguments, int d, long kernel) {
    if (arguments.get("padding") instanceof Argument.StringValue text) {
      return text.value().equals("same")
          ? option(arguments, "dilation", d, 1) * (kernel - 1) / 2
          : 0;
    }
    return option(arguments, "padding", d, 0);
  }

  private static long option(Arguments arguments, String name, int d, long otherwise) {
    List<Long> values = arguments.integers(name).orElse(List.of());
    return values.isEmpty() ? otherwise : values.get(values.size() == 1 ? 0 : d);
  }

  /** Another layer may read the same constant, so this one gets its own. */
  private void replace(GraphEditor editor, BiasedLayer layer, Constant bias) {
    String name = layer.bias().constant() + "_corrected";
    for (int i = 1; constants.containsKey(name); i++) {
      name = layer.bias().constant() + "_corrected_" + i;
    }
    constants.put(name, bias);
    Node.GetAttr attr =
        new Node.GetAttr(
            editor.freshName(layer.bias().name() + "_corrected"),
            name,
            new Value.Tensor(bias.tensor().spec()),
            layer.bias().metadata());
    editor.insertBefore(layer.biasPoint().name(), attr);
    editor.replaceUses(
        layer.bias().name(), attr.name(), user -> user.name().equals(layer.biasPoint().name()));
  }
}
