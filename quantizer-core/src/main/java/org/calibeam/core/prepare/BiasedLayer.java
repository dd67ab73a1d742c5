package org.calibeam.core.prepare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.Convolutions;

/**
 * A convolution or linear layer whose input, constant weight and constant bias are all observed.
 *
 * @param bias the constant that {@code biasPoint} observes
 */
public record BiasedLayer(
    Node.Call call,
    ObserverId activation,
    ObserverId weight,
    Node.GetAttr weightConstant,
    Node.Call biasPoint,
    Node.GetAttr bias) {

  /** Metadata key of the layers whose biases are to be corrected; not written to an archive. */
  private static final String CORRECTED = "calibeam.correct_bias";

  private static final String LINEAR = "aten.linear.default";

  /** Whether {@link #marked} has been applied to the layer. */
  public boolean isMarked() {
    return call.metadata().containsKey(CORRECTED);
  }

  /** The layer's call with a mark that its bias is to be corrected. */
  public Node.Call marked() {
    Map<String, String> metadata = new HashMap<>(call.metadata());
    metadata.put(CORRECTED, "true");
    return call.withMetadata(metadata);
  }

  /** {@code graph} without any mark, also in the graphs that it calls. */
  static Graph withoutMarks(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      Map<String, String> metadata = new HashMap<>(call.metadata());
      boolean calls = call.subgraphs().findAny().isPresent();
      if (metadata.remove(CORRECTED) != null || calls) {
        editor.replace(call.withMetadata(metadata).withGraphs(sub -> withoutMarks(sub.graph())));
      }
    }
    return editor.build();
  }

  public boolean isLinear() {
    return call.isTarget(LINEAR);
  }

  /**
   * The dimension of the input that counts its channels; that of a convolution may lack the batch.
   */
  public int channelAxis(int rank) {
    return isLinear() ? rank - 1 : rank + 1 - weightConstant.spec().orElseThrow().rank();
  }

  /**
   * The layers of {@code graph} whose input has an observer for itself: one that sees other tensors
   * as well cannot tell what this layer reads. Transposed convolutions are not among them.
   */
  public static List<BiasedLayer> of(
      CodePath path, Graph graph, Map<ObserverId, PreparedObserver> observers) {
    Map<String, Integer> points = new HashMap<>();
    for (Node.Call call : graph.calls()) {
      if (call.isTarget(PreparedProgram.OBSERVE)) {
        points.merge(PreparedProgram.observerOf(call), 1, Integer::sum);
      }
    }
    List<BiasedLayer> layers = new ArrayList<>();
    for (Node.Call call : graph.calls()) {
      if (call.isTarget(LINEAR) || Convolutions.includes(call)) {
        Arguments arguments = Arguments.of(call);
        Optional<Node.Call> input = point(graph, arguments.tensor("input"), points);
        Optional<Node.Call> weight = point(graph, arguments.tensor("weight"), points);
        Optional<Node.Call> bias = point(graph, arguments.tensor("bias"), points);
        if (input.isPresent() && weight.isPresent() && bias.isPresent()) {
          of(path, graph, observers, call, input.get(), weight.get(), bias.get())
              .ifPresent(layers::add);
        }
      }
    }
    return layers;
  }

  private static Optional<BiasedLayer> of(
      CodePath path,
      Graph graph,
      Map<ObserverId, PreparedObserver> observers,
      Node.Call call,
      Node.Call input,
      Node.Call weight,
      Node.Call bias) {
    ObserverId activation = id(path, input);
    ObserverId weights = id(path, weight);
    boolean rank = input.spec().isPresent() && input.spec().get().rank() >= (isConv(call) ? 2 : 1);
    return rank
            && observers.get(activation) instanceof PreparedObserver.Activation
            && observers.get(weights) instanceof PreparedObserver.Weight
            && observers.get(id(path, bias)) instanceof PreparedObserver.Bias derived
            && derived.activation().equals(activation)
            && derived.weight().equals(weights)
            && node(graph, weight) instanceof Node.GetAttr weightConstant
            && node(graph, bias) instanceof Node.GetAttr constant
        ? Optional.of(new BiasedLayer(call, activation, weights, weightConstant, bias, constant))
        : Optional.empty();
  }

  private static boolean isConv(Node.Call call) {
    return !call.isTarget(LINEAR);
  }

  private static Node node(Graph graph, Node.Call point) {
    return graph.node(point.ref(0).orElseThrow());
  }

  private static ObserverId id(CodePath path, Node.Call point) {
    return new ObserverId(path, PreparedProgram.observerOf(point));
  }

  /** The point that {@code argument} reads, if its observer has no other. */
  private static Optional<Node.Call> point(
      Graph graph, Optional<Argument.Ref> argument, Map<String, Integer> points) {
    return argument
        .flatMap(ref -> graph.call(ref.node()))
        .filter(call -> call.isTarget(PreparedProgram.OBSERVE))
        .filter(call -> points.getOrDefault(PreparedProgram.observerOf(call), 0) == 1);
  }
}
