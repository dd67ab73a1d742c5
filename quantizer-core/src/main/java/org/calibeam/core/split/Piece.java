package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.pt2.Envelope;

/**
 * A straight part of a graph as a program of its own.
 *
 * @param inputs names of the values that it reads, in the order of its placeholders
 */
record Piece(Program program, List<String> inputs) {
  /**
   * Takes the nodes {@code inside} out of {@code graph}.
   *
   * @param results names of the values that the piece gives
   * @param shapesMatter whether results must keep their rank, for someone else than the host
   */
  static Piece of(
      Program whole, Graph graph, Set<String> inside, List<String> results, boolean shapesMatter) {
    Set<String> constants = PathSplitter.constantNodes(graph);
    Set<String> inputs = new LinkedHashSet<>();
    Set<String> needed = new LinkedHashSet<>();
    for (String name : inside) {
      graph
          .node(name)
          .references()
          .filter(r -> !inside.contains(r))
          .forEach(
              r -> {
                if (constants.contains(r)) {
                  addWithSources(graph, r, needed);
                } else {
                  inputs.add(r);
                }
              });
    }
    List<Node> nodes = new ArrayList<>();
    graph.nodes().stream()
        .filter(n -> n instanceof Node.GetAttr && needed.contains(n.name()))
        .forEach(nodes::add);
    for (String input : inputs) {
      nodes.add(new Node.Placeholder(input, graph.node(input).value(), Map.of()));
    }
    Map<String, String> renamed = new LinkedHashMap<>();
    for (String input : inputs) {
      if (graph.node(input) instanceof Node.Call call
          && call.isTarget(QuantizedDecomposed.DEQUANTIZE)) {
        renamed.put(input, requantize(graph, call, nodes));
      }
    }
    for (Node node : graph.nodes()) {
      boolean wanted = inside.contains(node.name()) || needed.contains(node.name());
      if (wanted && node instanceof Node.Call call) {
        nodes.add(
            call.withArguments(
                call.arguments().stream()
                    .map(a -> a.withValue(a.value().renamed(n -> renamed.getOrDefault(n, n))))
                    .toList()));
      }
    }
    List<Argument> outputs = results.stream().map(r -> (Argument) Argument.ref(r)).toList();
    Map<String, Constant> kept = new LinkedHashMap<>(whole.constants());
    kept.keySet()
        .retainAll(
            needed.stream()
                .map(graph::node)
                .filter(Node.GetAttr.class::isInstance)
                .map(n -> ((Node.GetAttr) n).constant())
                .toList());
    Graph piece = new Graph(nodes, outputs, false);
    return new Piece(
        new Program(
            shapesMatter ? piece : RankOne.apply(piece),
            kept,
            Collections.nCopies(outputs.size(), OutputKind.USER_OUTPUT),
            envelope(whole.envelope(), inputs.size(), outputs.size())),
        List.copyOf(inputs));
  }

  private static void addWithSources(Graph graph, String name, Set<String> names) {
    if (names.add(name)) {
      graph.node(name).references().forEach(r -> addWithSources(graph, r, names));
    }
  }

  /** Emits quantize and dequantize of an input with the qparams it was dequantized with. */
  private static String requantize(Graph graph, Node.Call dequantize, List<Node> nodes) {
    String source = dequantize.ref(0).orElseThrow();
    Node.Call quantize =
        new Node.Call(
            dequantize.name() + "_quantized",
            QuantizedDecomposed.QUANTIZE,
            dequantize.arguments().stream()
                .filter(a -> !a.name().equals("out_dtype"))
                .map(
                    a ->
                        a.name().equals("input") ? a.withValue(Argument.ref(dequantize.name())) : a)
                .toList(),
            graph.node(source).value(),
            Map.of());
    Node.Call again =
        new Node.Call(
            dequantize.name() + "_dequantized",
            QuantizedDecomposed.DEQUANTIZE,
            dequantize.arguments().stream()
                .map(a -> a.name().equals("input") ? a.withValue(Argument.ref(quantize.name())) : a)
                .toList(),
            dequantize.value(),
            Map.of());
    nodes.add(quantize);
    nodes.add(again);
    return again.name();
  }

  private static Map<String, String> envelope(Map<String, String> whole, int inputs, int outputs) {
    Map<String, String> envelope = new LinkedHashMap<>(whole);
    envelope.keySet().removeIf(key -> key.equals("guards_code"));
    envelope.put(Envelope.MODULE_CALL_GRAPH, Envelope.flatCall(inputs, outputs));
    return envelope;
  }
}
