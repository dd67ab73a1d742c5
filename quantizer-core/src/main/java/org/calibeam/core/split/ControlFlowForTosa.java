package org.calibeam.core.split;

import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;

/**
 * Gives a quantized program the form in which Arm's backend lowers its control flow to TOSA:
 * integers go into branches and come back ({@link IntegersAcrossCalls}), and predicates have one
 * dimension, since TOSA's conditional wants it. What it computes stays the same.
 */
public final class ControlFlowForTosa {
  private ControlFlowForTosa() {}

  public static Program apply(Program program) {
    Program sunk = program.withMain(SinkRequantize.apply(program.main()));
    Program integers = IntegersAcrossCalls.apply(sunk);
    return integers.withMain(widened(integers.main()));
  }

  /** Without tensors of rank 0, unless they are seen from outside or by a loop. */
  private static Graph widened(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.isControlFlow()) {
        boolean loop = call.isTarget(Node.Call.WHILE_LOOP);
        String condition = loop ? call.subgraphs().toList().get(0).name() : "";
        editor.replace(
            call.withGraphs(
                sub -> sub.name().equals(condition) ? sub.graph() : widened(sub.graph())));
      }
    }
    Graph inner = editor.build();
    return isSeen(inner) ? inner : RankOne.apply(inner);
  }

  private static boolean isSeen(Graph graph) {
    return graph.nodes().stream()
        .filter(n -> n.spec().map(s -> s.rank() == 0).orElse(false))
        .anyMatch(
            n ->
                graph.isOutput(n.name())
                    || graph.calls().stream()
                        .anyMatch(c -> c.isControlFlow() && c.operands().contains(n.name())));
  }
}
