package org.calibeam.core.split;

import java.util.LinkedHashMap;
import java.util.Map;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.transform.ConstantEvaluator;
import org.calibeam.core.transform.LiftBranchConstants;
import org.calibeam.core.transform.ResolveBranchConstants;

/**
 * Gives a quantized program the form in which Arm's backend lowers its control flow to TOSA:
 * integers go into branches and come back ({@link IntegersAcrossCalls}), and predicates have one
 * dimension, since TOSA's conditional wants it. What it computes stays the same.
 */
public final class ControlFlowForTosa {
  private ControlFlowForTosa() {}

  /**
   * The program in that form.
   *
   * @param evaluator computes what a branch rounds though no input decides it
   */
  public static Program apply(Program program, ConstantEvaluator evaluator) {
    Program resolved = ResolveBranchConstants.apply(program);
    Program sunk = resolved.withMain(SinkRequantize.apply(resolved.main()));
    Program layers = LinearAsConvolution.apply(RoundedConstants.apply(sunk, evaluator));
    Map<String, Constant> used = new LinkedHashMap<>(layers.constants());
    Program clean = layers.withMain(withoutUnread(layers.main()));
    used.keySet()
        .removeIf(
            name ->
                !clean.usedConstants().contains(name) && resolved.usedConstants().contains(name));
    Program integers =
        IntegersAcrossCalls.apply(LiftBranchConstants.apply(clean.withConstants(used)));
    return integers.withMain(widened(integers.main()));
  }

  /** Without constants, and what is made of them, that rewrites left unread. */
  private static Graph withoutUnread(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.isControlFlow()) {
        editor.replace(call.withGraphs(sub -> withoutUnread(sub.graph())));
      }
    }
    editor.removeDead(node -> node instanceof Node.Call call && !Requantize.isRounding(call));
    return editor.build();
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
