package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.QuantizedDecomposed;

/**
 * Moves the quantize and dequantize of a conditional's result into both branches: {@code
 * dq(q(cond(p, t, f)))} → {@code cond(p, dq(q(t)), dq(q(f)))}. What follows the conditional is then
 * no piece of its own that would only round; where an operator reads the result it stays.
 */
final class SinkRequantize {
  private SinkRequantize() {}

  static Graph apply(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        sink(graph, editor, call);
      }
    }
    return editor.build();
  }

  private static void sink(Graph graph, GraphEditor editor, Node.Call call) {
    Node.Call result = call;
    if (call.isTarget(Node.Call.COND)) {
      for (Node.Call getitem : graph.calls()) {
        Optional<Pair> pair = pairBehind(graph, call, getitem);
        if (pair.isPresent()) {
          result = withArguments(result, pair.get());
          editor.replaceUses(pair.get().dequantize().name(), getitem.name());
          editor.remove(pair.get().dequantize().name());
          editor.remove(pair.get().quantize().name());
        }
      }
    }
    editor.replace(result.withGraphs(sub -> apply(sub.graph())));
  }

  /** A quantize with its dequantize and the position of the result that they round. */
  private record Pair(Node.Call quantize, Node.Call dequantize, int index) {}

  /** The pair that is all that reads {@code getitem}, a result of {@code cond}. */
  private static Optional<Pair> pairBehind(Graph graph, Node.Call cond, Node.Call getitem) {
    if (!getitem.isTarget(Node.Call.GETITEM)
        || !getitem.ref(0).equals(Optional.of(cond.name()))
        || !(getitem.argument(1).orElse(Argument.NONE) instanceof Argument.IntValue index)) {
      return Optional.empty();
    }
    return onlyReader(graph, getitem.name(), QuantizedDecomposed.QUANTIZE)
        .flatMap(
            q ->
                onlyReader(graph, q.name(), QuantizedDecomposed.DEQUANTIZE)
                    .filter(dq -> isOnlyPassedOn(graph, dq.name()))
                    .map(dq -> new Pair(q, dq, (int) index.value())));
  }

  /** Whether no operator computes with {@code name}: it is returned or given to control flow. */
  private static boolean isOnlyPassedOn(Graph graph, String name) {
    return graph.users(name).stream().map(graph::node).allMatch(PathSplitter::isControlFlow);
  }

  private static Optional<Node.Call> onlyReader(Graph graph, String name, String target) {
    return graph.userCount(name) == 1 && graph.users(name).size() == 1
        ? graph.call(graph.users(name).get(0)).filter(c -> c.isTarget(target))
        : Optional.empty();
  }

  private static Node.Call withArguments(Node.Call cond, Pair pair) {
    return cond.withGraphs(sub -> append(sub.graph(), pair));
  }

  private static Graph append(Graph branch, Pair pair) {
    List<Argument> outputs = new ArrayList<>(branch.outputs());
    if (isRounded(branch, outputs.get(pair.index()), pair.dequantize())) {
      return branch;
    }
    GraphEditor editor = new GraphEditor(branch);
    Node.Call quantize = copy(editor, pair.quantize(), outputs.get(pair.index()));
    Node.Call dequantize = copy(editor, pair.dequantize(), Argument.ref(quantize.name()));
    outputs.set(pair.index(), Argument.ref(dequantize.name()));
    editor.setOutputs(outputs);
    return editor.build();
  }

  /** Whether {@code output} has gone through the same quantize and dequantize already. */
  private static boolean isRounded(Graph branch, Argument output, Node.Call dequantize) {
    return output instanceof Argument.Ref ref
        && branch
            .call(ref.node())
            .filter(c -> c.isTarget(dequantize.target()) && qparams(c).equals(qparams(dequantize)))
            .isPresent();
  }

  private static List<NamedArgument> qparams(Node.Call call) {
    return call.arguments().subList(1, call.arguments().size());
  }

  private static Node.Call copy(GraphEditor editor, Node.Call call, Argument input) {
    List<NamedArgument> arguments = new ArrayList<>(call.arguments());
    arguments.set(0, arguments.get(0).withValue(input));
    Node.Call copy =
        new Node.Call(
            editor.freshName(call.name()), call.target(), arguments, call.value(), call.metadata());
    editor.insertLast(copy);
    return copy;
  }
}
