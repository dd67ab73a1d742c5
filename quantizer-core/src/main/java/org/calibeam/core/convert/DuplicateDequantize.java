package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.calibeam.core.annotate.GraphView;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.QuantizedDecomposed;

/**
 * Gives each annotated reader of a dequantized tensor a dequantize of its own, so that lowering can
 * fold it into the reader: {@code f(dq), g(dq)} → {@code f(dq), g(dq')}. Readers that stay in
 * floating point keep the original.
 */
final class DuplicateDequantize {
  private DuplicateDequantize() {}

  /**
   * The graph with the copies.
   *
   * @param annotated names of the readers that get their own, {@link GraphView#OUTPUT} among them
   */
  static Graph apply(Graph graph, Set<String> annotated) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call dequantize : graph.calls()) {
      if (!QuantizedDecomposed.isDequantize(dequantize)
          || dequantize.target().endsWith(".tensor")) {
        continue;
      }
      String name = dequantize.name();
      List<String> readers = new ArrayList<>(graph.users(name));
      if (graph.isOutput(name)) {
        readers.add(GraphView.OUTPUT);
      }
      if (readers.size() < 2) {
        continue;
      }
      int remaining = readers.size();
      for (String reader : readers) {
        boolean last = remaining == 1;
        if (!annotated.contains(reader) || last) {
          continue;
        }
        remaining--;
        String copy = editor.freshName(name);
        editor.insertAfter(
            name,
            new Node.Call(
                copy,
                dequantize.target(),
                dequantize.arguments(),
                dequantize.value(),
                dequantize.metadata()));
        redirect(editor, name, copy, reader);
      }
    }
    return editor.build();
  }

  private static void redirect(GraphEditor editor, String from, String to, String reader) {
    if (reader.equals(GraphView.OUTPUT)) {
      UnaryOperator<String> rename = n -> n.equals(from) ? to : n;
      List<Argument> outputs = editor.outputs().stream().map(o -> o.renamed(rename)).toList();
      editor.setOutputs(outputs);
    } else {
      editor.replaceUses(from, to, user -> user.name().equals(reader));
    }
  }
}
