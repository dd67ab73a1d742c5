package org.calibeam.core.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A mutable copy of a {@link Graph} for rewrites; {@link #build} gives the changed graph and checks
 * it. Not safe for use by several threads.
 */
public final class GraphEditor {
  private final List<Node> nodes;
  private final Map<String, Node> byName = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private List<Argument> outputs;
  private final boolean singleTensorReturn;
  private boolean changed;

  public GraphEditor(Graph graph) {
    nodes = new ArrayList<>(graph.nodes());
    for (Node node : nodes) {
      byName.put(node.name(), node);
      taken.add(node.name());
    }
    outputs = graph.outputs();
    singleTensorReturn = graph.singleTensorReturn();
  }

  /** Whether anything was inserted, replaced or removed. */
  public boolean isChanged() {
    return changed;
  }

  /** {@code base} if no node has that name, else {@code base_1}, {@code base_2}, …; reserves it. */
  public String freshName(String base) {
    String name = base;
    for (int i = 1; !taken.add(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }

  /** The first free of {@code base_1}, {@code base_2}, …; reserves it. */
  public String freshNumberedName(String base) {
    taken.add(base);
    return freshName(base);
  }

  /** The node called {@code name} as it is now. */
  public Node node(String name) {
    Node node = byName.get(name);
    if (node == null) {
      throw new IllegalArgumentException("No node is called " + name);
    }
    return node;
  }

  public boolean contains(String name) {
    return byName.containsKey(name);
  }

  /** The nodes as they are now, in order; a copy. */
  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** Puts {@code node} right before the one called {@code anchor}. */
  public void insertBefore(String anchor, Node node) {
    insertAt(indexOf(anchor), node);
  }

  /** Puts {@code node} right after the one called {@code anchor}. */
  public void insertAfter(String anchor, Node node) {
    insertAt(indexOf(anchor) + 1, node);
  }

  /** Puts {@code node} after all others. */
  public void insertLast(Node node) {
    insertAt(nodes.size(), node);
  }

  private void insertAt(int index, Node node) {
    if (byName.putIfAbsent(node.name(), node) != null) {
      throw new IllegalArgumentException("Two nodes are called " + node.name());
    }
    taken.add(node.name());
    nodes.add(index, node);
    changed = true;
  }

  /** Replaces the node of the same name, in its place. */
  public void replace(Node node) {
    int index = indexOf(node.name());
    if (!nodes.get(index).equals(node)) {
      nodes.set(index, node);
      byName.put(node.name(), node);
      changed = true;
    }
  }

  /** Removes a node; {@link #build} fails if it is still used. Its name stays reserved. */
  public void remove(String name) {
    nodes.remove(indexOf(name));
    byName.remove(name);
    changed = true;
  }

  /** Makes every reader of {@code from}, outputs included, read {@code to}. */
  public void replaceUses(String from, String to) {
    replaceUses(from, to, user -> true);
    UnaryOperator<String> rename = n -> n.equals(from) ? to : n;
    setOutputs(outputs.stream().map(o -> o.renamed(rename)).toList());
  }

  /** Makes the nodes that {@code users} accepts read {@code to} instead of {@code from}. */
  public void replaceUses(String from, String to, Predicate<Node> users) {
    UnaryOperator<String> rename = n -> n.equals(from) ? to : n;
    for (Node node : List.copyOf(nodes)) {
      if (node instanceof Node.Call call
          && call.references().anyMatch(from::equals)
          && users.test(call)) {
        replace(
            call.withArguments(
                call.arguments().stream()
                    .map(a -> a.withValue(a.value().renamed(rename)))
                    .toList()));
      }
    }
  }

  /** Names of the nodes that read {@code name} now, each once, in order; outputs do not count. */
  public List<String> users(String name) {
    Set<String> users = new LinkedHashSet<>();
    for (Node node : nodes) {
      if (node.references().anyMatch(name::equals)) {
        users.add(node.name());
      }
    }
    return List.copyOf(users);
  }

  public boolean isOutput(String name) {
    return outputs.stream().flatMap(Argument::references).anyMatch(name::equals);
  }

  public List<Argument> outputs() {
    return outputs;
  }

  public void setOutputs(List<Argument> others) {
    if (!outputs.equals(others)) {
      outputs = List.copyOf(others);
      changed = true;
    }
  }

  /**
   * Removes calls and constants that nothing reads, again and again; placeholders stay.
   *
   * @param keep calls that have an effect and must stay unread
   */
  public void removeDead(Predicate<Node> keep) {
    Map<String, Integer> uses = new HashMap<>();
    nodes.forEach(n -> n.references().forEach(r -> uses.merge(r, 1, Integer::sum)));
    outputs.stream().flatMap(Argument::references).forEach(r -> uses.merge(r, 1, Integer::sum));
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (!(node instanceof Node.Placeholder)
          && uses.getOrDefault(node.name(), 0) == 0
          && !keep.test(node)) {
        node.references().forEach(r -> uses.merge(r, -1, Integer::sum));
        nodes.remove(i);
        byName.remove(node.name());
        changed = true;
      }
    }
  }

  private int indexOf(String name) {
    Node node = node(name);
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i) == node) {
        return i;
      }
    }
    throw new IllegalStateException("The index of names is out of step at " + name);
  }

  /**
   * The graph as it is now.
   *
   * @throws IllegalArgumentException if a node is used before its definition or is gone
   */
  public Graph build() {
    return new Graph(nodes, outputs, singleTensorReturn);
  }
}
