package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;

/**
 * Passes to branches as operands the constants that they use, since an archive has constants in the
 * main graph only. The inverse of {@link ResolveBranchConstants}.
 *
 * <p>Each constant is one operand of a call, after those that are there; every branch of the call
 * gets a placeholder for it, used or not. Calls inside branches are served first, so a constant
 * travels down from the main graph through as many calls as need be.
 */
public final class LiftBranchConstants {
  private LiftBranchConstants() {}

  /**
   * The program without constants in branches.
   *
   * @throws IllegalArgumentException if a branch of something other than cond and while_loop uses
   *     constants
   */
  public static Program apply(Program program) {
    List<String> order = new ArrayList<>(program.constants().keySet());
    return program.withMain(lift(program.main(), order));
  }

  /**
   * Passes constants to the calls in {@code graph}.
   *
   * @param order all constants, in the order in which new uses of them are to stand
   */
  private static Graph lift(Graph graph, List<String> order) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Call call && call.subgraphs().findAny().isPresent()) {
        Optional<ClosedOver> closed = ClosedOver.of(withLiftedBranches(call, order));
        if (closed.isPresent()) {
          editor.replace(lift(closed.get(), editor, order));
        } else if (call.subgraphs().anyMatch(s -> !constants(s.graph()).isEmpty())) {
          throw new IllegalArgumentException(
              "%s (%s) cannot pass constants to its branches"
                  .formatted(call.name(), call.target()));
        }
      }
    }
    return editor.isChanged() ? editor.build() : graph;
  }

  private static Node.Call withLiftedBranches(Node.Call call, List<String> order) {
    return call.withGraphs(sub -> lift(sub.graph(), order));
  }

  private static Node.Call lift(ClosedOver call, GraphEditor caller, List<String> order) {
    Map<String, Node.GetAttr> needed = new LinkedHashMap<>();
    call.branches().forEach(b -> constants(b.graph()).forEach(needed::putIfAbsent));
    if (needed.isEmpty()) {
      return call.call();
    }
    List<String> operands = new ArrayList<>(call.operands());
    for (Node.GetAttr attr : needed.values()) {
      operands.add(use(attr, call.call(), caller, order));
    }
    List<Argument.Sub> branches = new ArrayList<>();
    for (Argument.Sub branch : call.branches()) {
      branches.add(new Argument.Sub(branch.name(), withOperands(branch.graph(), needed)));
    }
    return call.with(branches, operands);
  }

  /** The first use of each constant in {@code graph}. */
  private static Map<String, Node.GetAttr> constants(Graph graph) {
    Map<String, Node.GetAttr> constants = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      if (node instanceof Node.GetAttr attr) {
        constants.putIfAbsent(attr.constant(), attr);
      }
    }
    return constants;
  }

  /** A node of the caller, before {@code call}, that is the constant of {@code attr}. */
  private static String use(
      Node.GetAttr attr, Node.Call call, GraphEditor caller, List<String> order) {
    String anchor = "";
    for (Node node : caller.nodes()) {
      if (node.name().equals(call.name())) {
        break;
      }
      if (node instanceof Node.GetAttr other) {
        if (other.constant().equals(attr.constant())) {
          return other.name();
        }
        if (anchor.isEmpty() && order.indexOf(other.constant()) > order.indexOf(attr.constant())) {
          anchor = other.name();
        }
      } else if (anchor.isEmpty()) {
        anchor = node.name();
      }
    }
    Node.GetAttr use =
        new Node.GetAttr(
            caller.freshName(identifier(attr.name())), attr.constant(), attr.value(), Map.of());
    caller.insertBefore(anchor.isEmpty() ? call.name() : anchor, use);
    return use.name();
  }

  /** {@code graph} with placeholders, after the others, for {@code constants}. */
  private static Graph withOperands(Graph graph, Map<String, Node.GetAttr> constants) {
    GraphEditor names = new GraphEditor(graph);
    Map<String, String> renamed = new HashMap<>();
    List<Node> nodes = new ArrayList<>(graph.placeholders());
    Map<String, Node.GetAttr> own = constants(graph);
    Map<String, String> placeholders = new HashMap<>();
    for (Node.GetAttr attr : constants.values()) {
      Node.GetAttr first = own.get(attr.constant());
      String name =
          first != null && first.name().equals(identifier(first.name()))
              ? first.name()
              : names.freshName(identifier(attr.name()));
      placeholders.put(attr.constant(), name);
      nodes.add(new Node.Placeholder(name, attr.value(), Map.of()));
    }
    for (Node node : graph.nodes()) {
      if (node instanceof Node.GetAttr attr) {
        renamed.put(attr.name(), placeholders.getOrDefault(attr.constant(), attr.name()));
      }
    }
    UnaryOperator<String> rename = name -> renamed.getOrDefault(name, name);
    for (Node.Call call : graph.calls()) {
      nodes.add(
          call.withArguments(
              call.arguments().stream().map(a -> a.withValue(a.value().renamed(rename))).toList()));
    }
    return new Graph(
        nodes,
        graph.outputs().stream().map(o -> o.renamed(rename)).toList(),
        graph.singleTensorReturn());
  }

  /** {@code name} as Python accepts it for a parameter. */
  private static String identifier(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    return plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "c_" + plain : plain;
  }
}
