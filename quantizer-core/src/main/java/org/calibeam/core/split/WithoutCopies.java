package org.calibeam.core.split;

import java.util.Set;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;

/**
 * {@code clone(x)} → {@code x}, in all graphs: {@code torch.cond} has a branch copy an operand that
 * it gives back, and a piece that only copies has nothing that could be delegated. A graph that
 * writes in place keeps its copies.
 */
final class WithoutCopies {
  private static final Set<String> COPIES =
      Set.of(
          "aten.alias.default",
          "aten.clone.default",
          "aten.contiguous.default",
          "aten.detach.default",
          "aten.lift_fresh_copy.default");

  private WithoutCopies() {}

  static Graph apply(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    boolean pure = graph.calls().stream().noneMatch(WithoutCopies::writesInPlace);
    for (Node.Call call : graph.calls()) {
      if (pure && COPIES.contains(call.target()) && isSameType(graph, call)) {
        String source = editor.node(call.name()).references().findFirst().orElseThrow();
        editor.replaceUses(call.name(), source);
        editor.setOutputs(
            editor.outputs().stream()
                .map(o -> o.renamed(n -> n.equals(call.name()) ? source : n))
                .toList());
        editor.remove(call.name());
      } else if (call.subgraphs().findAny().isPresent()) {
        editor.replace(
            ((Node.Call) editor.node(call.name())).withGraphs(sub -> apply(sub.graph())));
      }
    }
    return editor.build();
  }

  private static boolean isSameType(Graph graph, Node.Call copy) {
    return copy.ref(0)
        .flatMap(name -> graph.node(name).spec())
        .filter(spec -> copy.spec().filter(own -> own.dtype() == spec.dtype()).isPresent())
        .isPresent();
  }

  private static boolean writesInPlace(Node.Call call) {
    String[] parts = call.target().split("\\.");
    return parts.length > 1 && parts[1].endsWith("_") && !parts[1].startsWith("__");
  }
}
