package org.calibeam.core.inspect;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;

/**
 * Which calls of a quantized graph run on integers once it is lowered: those between dequantize and
 * quantize. Several in a row, as a convolution and its relu, count if nothing else lies between.
 */
final class IntegerCalls {
  private final Graph graph;
  private final Set<String> integer = new LinkedHashSet<>();

  private IntegerCalls(Graph graph) {
    this.graph = graph;
    for (Node.Call call : graph.calls()) {
      if (!isQuantization(call) && !call.isControlFlow()) {
        integer.add(call.name());
      }
    }
  }

  /**
   * Calls that compute something from numbers in floating point, in order: not those that quantize,
   * branch or take apart.
   */
  static List<Node.Call> computing(Graph graph) {
    return graph.calls().stream()
        .filter(call -> !isQuantization(call))
        .filter(call -> !call.isControlFlow() && !call.isTarget(Node.Call.GETITEM))
        .filter(call -> call.references().map(graph::node).anyMatch(Node::isFloatTensor))
        .toList();
  }

  /** Names of those that stay in floating point, in order. */
  static List<String> floating(Graph graph) {
    Set<String> integer = new IntegerCalls(graph).settled();
    return computing(graph).stream()
        .map(Node.Call::name)
        .filter(name -> !integer.contains(name))
        .toList();
  }

  private Set<String> settled() {
    boolean changed = true;
    while (changed) {
      changed = integer.removeIf(name -> !isBetween((Node.Call) graph.node(name)));
    }
    return integer;
  }

  private boolean isBetween(Node.Call call) {
    List<Node> inputs = call.references().map(graph::node).toList();
    boolean fed =
        call.isTarget(Node.Call.GETITEM)
            ? inputs.stream().allMatch(input -> integer.contains(input.name()))
            : inputs.stream().anyMatch(Node::isFloatTensor)
                && inputs.stream()
                    .filter(Node::isFloatTensor)
                    .allMatch(
                        input ->
                            QuantizedTensors.isDequantize(input) || integer.contains(input.name()));
    return fed
        && (!call.isFloatTensor()
            || !graph.isOutput(call.name())
                && graph.users(call.name()).stream()
                    .map(graph::node)
                    .allMatch(
                        user ->
                            QuantizedTensors.isQuantize(user) || integer.contains(user.name())));
  }

  private static boolean isQuantization(Node.Call call) {
    return QuantizedTensors.isQuantize(call) || QuantizedTensors.isDequantize(call);
  }
}
