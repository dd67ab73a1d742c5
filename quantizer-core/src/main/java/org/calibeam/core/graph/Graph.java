package org.calibeam.core.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Nodes in topological order with the graph's results. Immutable and safe to share.
 *
 * <p>{@link Node.Placeholder}s are the graph's inputs in their order among {@link #nodes}.
 */
public final class Graph {
  private final List<Node> nodes;
  private final List<Argument> outputs;
  private final boolean singleTensorReturn;
  private final Map<String, Integer> index;
  private final Map<String, List<String>> users;

  /**
   * Checks names and order.
   *
   * @param singleTensorReturn whether the result is one bare tensor and not a tuple; the main graph
   *     and branches of a cond have false even for one result
   * @throws IllegalArgumentException if a name occurs twice or is used before its definition
   */
  public Graph(List<Node> nodes, List<Argument> outputs, boolean singleTensorReturn) {
    this.nodes = List.copyOf(nodes);
    this.outputs = List.copyOf(outputs);
    this.singleTensorReturn = singleTensorReturn;
    this.index = new LinkedHashMap<>();
    Map<String, Set<String>> using = new LinkedHashMap<>();
    for (int i = 0; i < this.nodes.size(); i++) {
      Node node = this.nodes.get(i);
      node.references()
          .forEach(
              name -> {
                if (!index.containsKey(name)) {
                  throw new IllegalArgumentException(
                      "Node %s uses %s, which is not defined before it"
                          .formatted(node.name(), name));
                }
                using.computeIfAbsent(name, n -> new LinkedHashSet<>()).add(node.name());
              });
      if (index.put(node.name(), i) != null) {
        throw new IllegalArgumentException("Two nodes are called " + node.name());
      }
    }
    for (Argument output : this.outputs) {
      output
          .references()
          .forEach(
              name -> {
                if (!index.containsKey(name)) {
                  throw new IllegalArgumentException(
                      "No node is called %s, an output".formatted(name));
                }
              });
    }
    this.users = new LinkedHashMap<>();
    using.forEach((name, set) -> users.put(name, List.copyOf(set)));
  }

  public List<Node> nodes() {
    return nodes;
  }

  public List<Argument> outputs() {
    return outputs;
  }

  public boolean singleTensorReturn() {
    return singleTensorReturn;
  }

  /**
   * The node called {@code name}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Node node(String name) {
    Integer at = index.get(name);
    if (at == null) {
      throw new IllegalArgumentException("No node is called " + name);
    }
    return nodes.get(at);
  }

  public boolean contains(String name) {
    return index.containsKey(name);
  }

  /** Position of the node called {@code name} among {@link #nodes}. */
  public int position(String name) {
    node(name);
    return index.getOrDefault(name, -1);
  }

  /** Names of the nodes that read {@code name}, each once, in graph order; outputs do not count. */
  public List<String> users(String name) {
    return users.getOrDefault(name, List.of());
  }

  /** Whether {@code name} is (part of) a result of the graph. */
  public boolean isOutput(String name) {
    return outputs.stream().flatMap(Argument::references).anyMatch(name::equals);
  }

  /**
   * Number of readers of {@code name} as FX counts users: distinct nodes, all outputs being one.
   */
  public int userCount(String name) {
    return users(name).size() + (isOutput(name) ? 1 : 0);
  }

  public List<Node.Placeholder> placeholders() {
    return nodes.stream()
        .filter(Node.Placeholder.class::isInstance)
        .map(Node.Placeholder.class::cast)
        .toList();
  }

  public List<Node.Call> calls() {
    return nodes.stream().filter(Node.Call.class::isInstance).map(Node.Call.class::cast).toList();
  }

  /** The call called {@code name}, empty if that node is an input or a constant. */
  public Optional<Node.Call> call(String name) {
    return node(name) instanceof Node.Call call ? Optional.of(call) : Optional.empty();
  }

  /** Names of all nodes referred to by the outputs, in order, with repeats. */
  public List<String> outputNames() {
    List<String> names = new ArrayList<>();
    outputs.forEach(o -> o.references().forEach(names::add));
    return Collections.unmodifiableList(names);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Graph other
        && nodes.equals(other.nodes)
        && outputs.equals(other.outputs)
        && singleTensorReturn == other.singleTensorReturn;
  }

  @Override
  public int hashCode() {
    return 31 * nodes.hashCode() + outputs.hashCode();
  }

  /** One line a node, for messages and failing tests. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Node node : nodes) {
      text.append(node.name()).append(" = ");
      if (node instanceof Node.Call call) {
        text.append(call.target()).append(call.references().toList());
      } else if (node instanceof Node.GetAttr attr) {
        text.append("get_attr[").append(attr.constant()).append(']');
      } else {
        text.append("placeholder");
      }
      node.spec().ifPresent(s -> text.append(" : ").append(s));
      text.append('\n');
    }
    return text.append("return ").append(outputNames()).append('\n').toString();
  }
}
