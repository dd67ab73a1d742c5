package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;

/**
 * Lets branches use constants themselves instead of getting them as operands, so that rules see the
 * weight of a layer wherever the layer stands.
 *
 * <pre>
 * w = get_attr[fc.weight]                        cond(p, t, f, [x])
 * cond(p, t, f, [x, w])                     →    t(x): w = get_attr[fc.weight]; linear(x, w)
 * t(x, w): linear(x, w)
 * </pre>
 *
 * <p>Works through any depth of {@code cond} and {@code while_loop}. What a loop carries from one
 * round to the next stays an operand, even if it starts as a constant. Nodes keep their names.
 * Constants that nothing uses afterwards go, in branches and, if this rewrite took their last user,
 * in the caller; {@link LiftBranchConstants} undoes it.
 */
public final class ResolveBranchConstants {
  private ResolveBranchConstants() {}

  public static Program apply(Program program) {
    return program.withMain(resolve(program.main()));
  }

  private static Graph resolve(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    Set<String> passed = new HashSet<>();
    for (Node node : graph.nodes()) {
      ClosedOver.of(node)
          .ifPresentOrElse(
              call -> editor.replace(resolve(call, graph, passed)),
              () -> resolveInside(node, editor));
    }
    for (String name : passed) {
      if (editor.users(name).isEmpty() && !editor.isOutput(name)) {
        editor.remove(name);
      }
    }
    return editor.isChanged() ? editor.build() : graph;
  }

  /** Other control flow keeps its operands, but what is inside it may be resolved. */
  private static void resolveInside(Node node, GraphEditor editor) {
    if (node instanceof Node.Call call && call.subgraphs().findAny().isPresent()) {
      editor.replace(call.withGraphs(sub -> resolve(sub.graph())));
    }
  }

  /** Adds to {@code passed} the constants that {@code call} had as operands. */
  private static Node.Call resolve(ClosedOver call, Graph caller, Set<String> passed) {
    List<String> kept = new ArrayList<>();
    for (String operand : call.operands()) {
      if (caller.node(operand) instanceof Node.GetAttr) {
        passed.add(operand);
      } else {
        kept.add(operand);
      }
    }
    List<Argument.Sub> branches = new ArrayList<>();
    for (Argument.Sub branch : call.branches()) {
      GraphEditor editor = new GraphEditor(branch.graph());
      List<Node.Placeholder> placeholders = call.placeholders(branch);
      Set<String> inserted = new HashSet<>();
      for (int i = 0; i < placeholders.size(); i++) {
        if (caller.node(call.operands().get(i)) instanceof Node.GetAttr attr) {
          Node.Placeholder placeholder = placeholders.get(i);
          editor.replace(
              new Node.GetAttr(placeholder.name(), attr.constant(), placeholder.value(), Map.of()));
          inserted.add(placeholder.name());
        }
      }
      branches.add(
          new Argument.Sub(branch.name(), withoutUnused(resolve(editor.build()), inserted)));
    }
    return call.with(branches, kept);
  }

  private static Graph withoutUnused(Graph graph, Set<String> constants) {
    GraphEditor editor = new GraphEditor(graph);
    for (String name : constants) {
      if (editor.contains(name) && editor.users(name).isEmpty() && !editor.isOutput(name)) {
        editor.remove(name);
      }
    }
    return editor.build();
  }
}
