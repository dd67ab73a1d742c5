package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.prepare.ConvolutionNorm;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.EdgeOrNode;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/**
 * {@code batch_norm(conv(x, observe(w), observe(b)))} → {@code conv(x, observe(w'), observe(b'))}
 * in a prepared program whose batch norms have been trained, by the formula of {@link
 * org.calibeam.core.transform.FoldBatchNorm}.
 *
 * <p>A convolution without a bias gets one that is observed; torchao leaves it in floating point,
 * and the backend cannot lower that.
 */
final class FoldTrainedNorms {
  private final PreparedProgram prepared;
  private final Map<String, TensorData> trained;
  private final Map<String, Constant> constants;
  private final Map<ObserverId, PreparedObserver> observers;

  private FoldTrainedNorms(PreparedProgram prepared, Map<String, TensorData> trained) {
    this.prepared = prepared;
    this.trained = trained;
    this.constants = new LinkedHashMap<>(prepared.program().constants());
    this.observers = new TreeMap<>(prepared.observers());
  }

  /**
   * The folded program.
   *
   * @param trained running means and variances after training, by the name of the constant
   * @throws SamplesException if one of them is not finite
   */
  static PreparedProgram apply(PreparedProgram prepared, Map<String, TensorData> trained) {
    if (!prepared.qat()) {
      return prepared;
    }
    FoldTrainedNorms fold = new FoldTrainedNorms(prepared, trained);
    Graph main = fold.fold(CodePath.MAIN, prepared.program().main());
    return new PreparedProgram(
        prepared.program().withConstants(fold.constants).withMain(main),
        fold.observers,
        prepared.decisions(),
        prepared.notes(),
        true);
  }

  private Graph fold(CodePath path, Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(call.withGraphs(sub -> fold(path.child(sub.name()), sub.graph())));
      }
    }
    for (ConvolutionNorm pair : ConvolutionNorm.in(graph)) {
      fold(editor, path, graph, pair);
    }
    return editor.build();
  }

  private void fold(GraphEditor editor, CodePath path, Graph graph, ConvolutionNorm pair) {
    float[] mean = statistic(path, graph, pair, "running_mean");
    float[] variance = statistic(path, graph, pair, "running_var");
    float eps = Arguments.of(pair.norm()).number("eps").orElseThrow().floatValue();
    float[] gamma = values(graph, pair, "weight", mean.length, 1);
    float[] beta = values(graph, pair, "bias", mean.length, 0);
    TensorData weight = Objects.requireNonNull(constants.get(pair.weight().constant())).tensor();
    float[] weights = weight.toFloats();
    float[] bias =
        pair.bias()
            .map(b -> Objects.requireNonNull(constants.get(b.constant())).tensor().toFloats())
            .orElseGet(() -> new float[mean.length]);
    int perChannel = weights.length / mean.length;
    for (int c = 0; c < mean.length; c++) {
      float inverse = 1 / (float) Math.sqrt(variance[c] + eps);
      float scale = gamma[c] * inverse;
      for (int i = c * perChannel; i < (c + 1) * perChannel; i++) {
        weights[i] *= scale;
      }
      bias[c] = (bias[c] - mean[c]) * inverse * gamma[c] + beta[c];
    }
    TensorData folded = TensorData.ofFloats(weights, weight.sizes());
    editor.replace(attr(pair.weight().name(), folded));
    ObserverId weightId = new ObserverId(path, PreparedProgram.observerOf(pair.weightPoint()));
    if (observers.get(weightId) instanceof PreparedObserver.Weight observer) {
      observers.put(weightId, new PreparedObserver.Weight(observer.spec(), folded));
    }
    TensorData foldedBias = TensorData.ofFloats(bias, bias.length);
    if (pair.bias().isPresent()) {
      editor.replace(attr(pair.bias().get().name(), foldedBias));
      pair.biasPoint()
          .map(p -> new ObserverId(path, PreparedProgram.observerOf(p)))
          .ifPresent(id -> setBias(id, foldedBias));
    } else {
      addBias(editor, path, pair, weightId, foldedBias);
    }
    editor.replaceUses(pair.norm().name(), pair.convolution().name());
    editor.remove(pair.norm().name());
  }

  private void setBias(ObserverId id, TensorData values) {
    if (observers.get(id) instanceof PreparedObserver.Bias old) {
      observers.put(
          id,
          new PreparedObserver.Bias(
              old.spec(), old.activation(), old.weight(), Optional.of(values)));
    }
  }

  private void addBias(
      GraphEditor editor,
      CodePath path,
      ConvolutionNorm pair,
      ObserverId weight,
      TensorData values) {
    Node.Call convolution = (Node.Call) editor.node(pair.convolution().name());
    Node.GetAttr attr = attr(editor.freshName(pair.weight().name() + "_bias"), values);
    editor.insertBefore(convolution.name(), attr);
    String bias = attr.name();
    Optional<ObserverId> activation = activation(editor, path, convolution);
    if (activation.isPresent()
        && observers.get(weight) instanceof PreparedObserver.Weight observer) {
      Observed spec = observer.spec();
      ObserverId id = new ObserverId(path, bias + "->" + convolution.name());
      observers.put(
          id,
          new PreparedObserver.Bias(
              new QuantizationSpec.DerivedBias(
                  new EdgeOrNode.Edge(convolution.ref(0).orElseThrow(), convolution.name()),
                  new EdgeOrNode.Edge(pair.weight().name(), convolution.name()),
                  DType.INT32,
                  -Integer.MAX_VALUE,
                  Integer.MAX_VALUE,
                  spec.qscheme(),
                  0),
              activation.get(),
              weight,
              Optional.of(values)));
      Node.Call point = PreparedProgram.observe(editor.freshName("observe"), attr, id.name());
      editor.insertBefore(convolution.name(), point);
      bias = point.name();
    }
    List<NamedArgument> arguments = new ArrayList<>(convolution.arguments());
    arguments.removeIf(a -> a.name().equals("bias"));
    arguments.add(2, NamedArgument.positional("bias", Argument.ref(bias)));
    editor.replace(convolution.withArguments(arguments));
  }

  /** The static observer of what {@code convolution} reads. */
  private Optional<ObserverId> activation(
      GraphEditor editor, CodePath path, Node.Call convolution) {
    return editor.node(convolution.ref(0).orElseThrow()) instanceof Node.Call point
            && point.isTarget(PreparedProgram.OBSERVE)
        ? Optional.of(new ObserverId(path, PreparedProgram.observerOf(point)))
            .filter(id -> !(observers.get(id) instanceof PreparedObserver.Dynamic))
        : Optional.empty();
  }

  private Node.GetAttr attr(String node, TensorData values) {
    String name = "calibeam_folded_" + constants.size();
    constants.put(name, Constant.parameter(values));
    return new Node.GetAttr(node, name, new Value.Tensor(values.spec()), Map.of());
  }

  private float[] statistic(CodePath path, Graph graph, ConvolutionNorm pair, String name) {
    String constant = pair.parameter(graph, name).orElseThrow().constant();
    TensorData exported = Objects.requireNonNull(constants.get(constant)).tensor();
    float[] values = trained.getOrDefault(constant, exported).toFloats();
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new SamplesException(
            "Cannot fold the batch norm %s of %s: its trained %s is %s. Train with samples of more than one value per channel, and without huge ones."
                .formatted(pair.norm().name(), path, name, value));
      }
    }
    return values;
  }

  private float[] values(
      Graph graph, ConvolutionNorm pair, String name, int channels, float otherwise) {
    Optional<Node.GetAttr> attr = pair.parameter(graph, name);
    if (attr.isPresent()) {
      return Objects.requireNonNull(constants.get(attr.get().constant())).tensor().toFloats();
    }
    float[] values = new float[channels];
    Arrays.fill(values, otherwise);
    return values;
  }
}
