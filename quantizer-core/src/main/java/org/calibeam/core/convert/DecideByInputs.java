package org.calibeam.core.convert;

import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.calibeam.core.annotate.DecidingNodes;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.QuantizedDecomposed;

/**
 * {@code decides(dq(q(input)))} → {@code decides(input)}: what only decides about control flow, and
 * stays in floating point, reads the program's inputs as they are. They are there, and a sample
 * near a threshold does not go another way for their rounding.
 */
final class DecideByInputs {
  private DecideByInputs() {}

  /**
   * @param graph the main graph
   * @param quantized names of nodes that are to run on integers
   */
  static Graph apply(Graph graph, Set<String> quantized) {
    GraphEditor editor = new GraphEditor(graph);
    UnaryOperator<String> raw = name -> input(graph, name).orElse(name);
    for (Node.Call call : graph.calls()) {
      if (DecidingNodes.isMarked(call)
          && !quantized.contains(call.name())
          && !call.isControlFlow()) {
        editor.replace(
            call.withArguments(
                call.arguments().stream().map(a -> a.withValue(a.value().renamed(raw))).toList()));
      }
    }
    return editor.build();
  }

  /** The input that {@code name} is the rounding of. */
  private static Optional<String> input(Graph graph, String name) {
    return source(graph, name, QuantizedDecomposed.DEQUANTIZE)
        .flatMap(quantized -> source(graph, quantized, QuantizedDecomposed.QUANTIZE))
        .filter(source -> graph.node(source) instanceof Node.Placeholder);
  }

  private static Optional<String> source(Graph graph, String name, String target) {
    return graph.call(name).filter(call -> call.isTarget(target)).flatMap(call -> call.ref(0));
  }
}
