package org.calibeam.core.prepare;

import java.util.Map;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;

/** Puts observation points into any program, which computes the same with them. */
public final class ObservationPoints {
  private ObservationPoints() {}

  /** Says which nodes of a graph are to be seen. */
  public interface Choice {
    /** Names of observers by the names of the nodes that they see; a node computes one tensor. */
    Map<String, String> in(CodePath path, Graph graph);
  }

  /** {@code program} with a {@link PreparedProgram#OBSERVE} of each chosen node. */
  public static Program insert(Program program, Choice choice) {
    return program.withMain(insert(CodePath.MAIN, program.main(), choice));
  }

  private static Graph insert(CodePath path, Graph graph, Choice choice) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(call.withGraphs(sub -> insert(path.child(sub.name()), sub.graph(), choice)));
      }
    }
    choice
        .in(path, graph)
        .forEach(
            (node, observer) ->
                editor.insertAfter(
                    lastInput(graph, node),
                    PreparedProgram.observe(
                        editor.freshName(node + "_seen"), graph.node(node), observer)));
    return editor.build();
  }

  /** Inputs stay together at the beginning. */
  private static String lastInput(Graph graph, String node) {
    return graph.node(node) instanceof Node.Placeholder
        ? graph.placeholders().get(graph.placeholders().size() - 1).name()
        : node;
  }
}
