package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Gives tensors without dimensions one of size 1: Arm's lowering fails on rank 0, which a predicate
 * often has. {@code amax(x, [0]) > full([], c)} → {@code view(amax(x, [0], keepdim), [1]) >
 * full([1], c)}. A graph with a rank 0 tensor that no rule covers stays as it is.
 */
final class RankOne {
  private static final Set<String> REDUCTIONS =
      Set.of("aten.amax.default", "aten.amin.default", "aten.sum.dim_IntList", "aten.mean.dim");

  private static final Map<String, String> FULL_REDUCTIONS =
      Map.of(
          "aten.max.default", "aten.amax.default",
          "aten.min.default", "aten.amin.default",
          "aten.sum.default", "aten.sum.dim_IntList",
          "aten.mean.default", "aten.mean.dim");

  private static final Set<String> VIEWS =
      Set.of("aten.view.default", "aten.reshape.default", "aten.view_copy.default");

  private static final Set<String> ELEMENTWISE =
      Set.of(
          "abs",
          "add",
          "bitwise_and",
          "bitwise_not",
          "bitwise_or",
          "clamp",
          "div",
          "eq",
          "exp",
          "ge",
          "gt",
          "le",
          "log",
          "logical_and",
          "logical_not",
          "logical_or",
          "lt",
          "mul",
          "ne",
          "neg",
          "reciprocal",
          "relu",
          "rsqrt",
          "sigmoid",
          "sqrt",
          "sub",
          "tanh",
          "where");

  private final GraphEditor editor;
  private boolean changed;

  private RankOne(Graph graph) {
    editor = new GraphEditor(graph);
  }

  static Graph apply(Graph graph) {
    RankOne rule = new RankOne(graph);
    for (Node node : graph.nodes()) {
      if (node.spec().map(s -> s.rank() == 0).orElse(false) && !rule.widen(graph, node)) {
        return graph;
      }
    }
    return rule.changed ? rule.editor.build() : graph;
  }

  private boolean widen(Graph graph, Node node) {
    if (!(node instanceof Node.Call call)) {
      return false;
    }
    Optional<Node.Call> replacement = replacement(graph, call);
    changed |= replacement.isPresent();
    return replacement.isPresent();
  }

  private Optional<Node.Call> replacement(Graph graph, Node.Call call) {
    TensorSpec one = TensorSpec.contiguous(call.spec().orElseThrow().dtype(), 1);
    String target = call.target();
    if (REDUCTIONS.contains(target) || FULL_REDUCTIONS.containsKey(target)) {
      Optional<TensorSpec> input = call.ref(0).flatMap(n -> graph.node(n).spec());
      return input.filter(s -> s.rank() > 0).map(s -> reduce(call, s, one));
    }
    if (target.equals("aten.full.default")) {
      return Optional.of(replaced(call, 0, Argument.ints(1), one));
    }
    if (target.startsWith("aten.squeeze.")) {
      return Optional.of(view(call, call.arguments().get(0), one));
    }
    if (VIEWS.contains(target)) {
      return Optional.of(replaced(call, 1, Argument.ints(1), one));
    }
    String[] parts = target.split("\\.");
    if (Requantize.isRounding(call) || parts[0].equals("aten") && ELEMENTWISE.contains(parts[1])) {
      Node.Call same = call.withValue(new Value.Tensor(one));
      editor.replace(same);
      return Optional.of(same);
    }
    return Optional.empty();
  }

  private Node.Call replaced(Node.Call call, int index, Argument value, TensorSpec spec) {
    List<NamedArgument> arguments = new ArrayList<>(call.arguments());
    arguments.set(index, arguments.get(index).withValue(value));
    Node.Call other = call.withArguments(arguments).withValue(new Value.Tensor(spec));
    editor.replace(other);
    return other;
  }

  /** Reduces with keepdim and makes a view of size 1 of the result, under the old name. */
  private Node.Call reduce(Node.Call call, TensorSpec input, TensorSpec one) {
    TensorSpec kept =
        TensorSpec.contiguous(one.dtype(), Collections.nCopies(input.rank(), Dim.of(1)));
    long[] dims = new long[input.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i;
    }
    Node.Call reduced =
        new Node.Call(
            editor.freshName(call.name() + "_kept"),
            FULL_REDUCTIONS.getOrDefault(call.target(), call.target()),
            List.of(
                call.arguments().get(0),
                NamedArgument.positional("dim", Argument.ints(dims)),
                NamedArgument.positional("keepdim", Argument.of(true))),
            new Value.Tensor(kept),
            call.metadata());
    editor.insertBefore(call.name(), reduced);
    return view(call, NamedArgument.positional("self", Argument.ref(reduced.name())), one);
  }

  private Node.Call view(Node.Call call, NamedArgument self, TensorSpec one) {
    Node.Call view =
        new Node.Call(
            call.name(),
            "aten.view.default",
            List.of(self, NamedArgument.positional("size", Argument.ints(1))),
            new Value.Tensor(one),
            call.metadata());
    editor.replace(view);
    return view;
  }
}
