package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.OutputRules;
import org.calibeam.core.ops.SymbolicShapeException;

/**
 * Lays a graph out as the reference does when a pass interprets it anew.
 *
 * <p>Constants leave the top of the graph; each use of a constant gets a node of its own right
 * before its user, with the user's module; calls are numbered in their new order; types and shapes
 * are worked out again behind whatever changed. Patterns match nodes that stand side by side, so
 * this matters.
 */
final class Retrace {
  /** What a constant's node takes from its user; FX copies these when a node is made. */
  private static final Set<String> COPIED =
      Set.of("nn_module_stack", "torch_fn", "source_fn_stack", "from_node", "custom");

  private final Graph before;
  private final Graph graph;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Node> done = new HashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final TransformForAnnotation.Mode mode;

  /** Where the next constant goes; -1 for the end. */
  private int place = -1;

  private Retrace(Graph before, Graph graph, TransformForAnnotation.Mode mode) {
    this.before = before;
    this.graph = graph;
    this.mode = mode;
  }

  /**
   * {@code graph} laid out anew.
   *
   * @param before what it was made from; types and shapes are right in it
   */
  static Graph of(Graph before, Graph graph, TransformForAnnotation.Mode mode) {
    return new Retrace(before, graph, mode).run();
  }

  private Graph run() {
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Placeholder input) {
        put(input, input.name());
      } else if (node instanceof Node.Call call) {
        put(moved(call), call.name());
      }
    }
    List<Argument> outputs = graph.outputs().stream().map(o -> resolved(o, Map.of())).toList();
    return new Graph(nodes, outputs, graph.singleTensorReturn());
  }

  private Node.Call moved(Node.Call call) {
    place = isFollowingNorm(call) ? nodes.size() - 1 : -1;
    List<NamedArgument> arguments = new ArrayList<>();
    for (NamedArgument argument : call.arguments()) {
      arguments.add(argument.withValue(resolved(argument.value(), call.metadata())));
    }
    place = -1;
    String name = fresh(CallEmitter.baseName(call.target()), true);
    Node.Call moved = new Node.Call(name, call.target(), arguments, call.value(), call.metadata());
    return isStale(call, moved) ? inferred(moved) : moved;
  }

  private void put(Node node, String oldName) {
    taken.add(node.name());
    nodes.add(node);
    done.put(node.name(), node);
    names.put(oldName, node.name());
  }

  private Argument resolved(Argument argument, Map<String, String> metadata) {
    return argument.renamed(name -> resolved(name, metadata));
  }

  private String resolved(String name, Map<String, String> metadata) {
    if (!(graph.node(name) instanceof Node.GetAttr attr)) {
      return names.getOrDefault(name, name);
    }
    Map<String, String> copied = new TreeMap<>(metadata);
    copied.keySet().retainAll(COPIED);
    Node.GetAttr use = new Node.GetAttr(fresh(name, false), attr.constant(), attr.value(), copied);
    if (place >= 0) {
      nodes.add(place++, use);
    } else {
      nodes.add(use);
    }
    done.put(use.name(), use);
    return use.name();
  }

  /**
   * Whether {@code call} normalizes what the call right before it computes. Its constants go before
   * both, so that a pattern still finds the two side by side; the reference puts them between, and
   * then cannot fuse the two during training.
   */
  private boolean isFollowingNorm(Node.Call call) {
    return mode == TransformForAnnotation.Mode.TRAINING
        && call.isTarget("aten.batch_norm.default")
        && !nodes.isEmpty()
        && nodes.get(nodes.size() - 1) instanceof Node.Call last
        && call.ref(0).map(names::get).filter(last.name()::equals).isPresent();
  }

  private String fresh(String base, boolean operator) {
    boolean numbered = operator && CallEmitter.isTaken(base);
    String name = numbered ? base + "_1" : base;
    for (int i = numbered ? 2 : 1; !taken.add(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }

  /** Whether a call is new, or something it reads has another type or shape than it had. */
  private boolean isStale(Node.Call call, Node.Call moved) {
    if (!before.contains(call.name())
        || !(before.node(call.name()) instanceof Node.Call old)
        || !old.isTarget(call.target())) {
      return true;
    }
    List<Value> then = old.references().map(n -> before.node(n).value()).toList();
    List<Value> now = moved.references().map(this::value).toList();
    return !then.equals(now);
  }

  private Node.Call inferred(Node.Call call) {
    try {
      return OutputRules.infer(call, this::value).map(call::withValue).orElse(call);
    } catch (SymbolicShapeException e) {
      return call;
    }
  }

  private Value value(String name) {
    Node node = done.get(name);
    if (node == null) {
      throw new IllegalStateException("The order of nodes is lost at " + name);
    }
    return node.value();
  }
}
