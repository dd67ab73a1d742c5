package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Passes integers into branches and back instead of what they stand for.
 *
 * <pre>
 * cond(p, t, f, [dequantize(q)])          cond(p, t, f, [q])
 * t(x): linear(dequantize(quantize(x)))   t(q): linear(dequantize(q))
 * </pre>
 *
 * <p>Arm's passes give all operands of a conditional one scale where floating-point values with
 * scales of their own go in; integers they leave as they are. Values are the same: {@code
 * quantize(dequantize(q)) = q}. A tensor that is not quantized on both sides of a call stays as it
 * is, and so does what a loop carries unless it begins and goes on with the same scale.
 */
final class IntegersAcrossCalls {
  private IntegersAcrossCalls() {}

  static Program apply(Program program) {
    return program.withMain(rewrite(program.main()));
  }

  private static Graph rewrite(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.isControlFlow()) {
        rewrite(editor, (Node.Call) editor.node(call.name()));
      }
    }
    Graph rewritten = editor.build();
    GraphEditor clean = new GraphEditor(rewritten);
    clean.removeDead(IntegersAcrossCalls::mustStay);
    return clean.build();
  }

  /** Only what this rewrite leaves behind goes: quantizes and dequantizes. */
  private static boolean mustStay(Node node) {
    return !(node instanceof Node.Call call && Requantize.isRounding(call));
  }

  private static void rewrite(GraphEditor editor, Node.Call call) {
    Graph caller = editor.build();
    List<String> operands = call.operands();
    int carried = call.isTarget(Node.Call.WHILE_LOOP) ? PathSplitter.operands(call, 2).size() : 0;
    List<Argument.Sub> subs = call.subgraphs().toList();
    Map<Integer, Grid> into = new LinkedHashMap<>();
    for (int i = 0; i < operands.size(); i++) {
      Optional<Grid> grid = Grid.ofDequantized(caller, operands.get(i));
      if (grid.isPresent() && (i >= carried || goesOn(subs, i, grid.get()))) {
        into.put(i, grid.get());
      }
    }
    List<Graph> graphs = new ArrayList<>();
    for (Argument.Sub sub : subs) {
      graphs.add(rewrite(withIntegers(sub.graph(), into)));
    }
    Map<Integer, Grid> out = carried > 0 ? carried(into, carried) : agreed(caller, call, graphs);
    for (int i = 0; i < graphs.size(); i++) {
      boolean condition = call.isTarget(Node.Call.WHILE_LOOP) && i == 0;
      if (!condition) {
        graphs.set(i, returning(graphs.get(i), out));
      }
    }
    replace(editor, caller, call, graphs, into, out);
  }

  /** Whether the loop's body gives back what it carries on the grid that it began with. */
  private static boolean goesOn(List<Argument.Sub> subs, int index, Grid grid) {
    Graph body = subs.get(1).graph();
    return body.outputs().get(index) instanceof Argument.Ref ref
        && Grid.ofDequantized(body, ref.node()).filter(grid::equals).isPresent();
  }

  private static Map<Integer, Grid> carried(Map<Integer, Grid> into, int carried) {
    Map<Integer, Grid> out = new LinkedHashMap<>(into);
    out.keySet().removeIf(i -> i >= carried);
    return out;
  }

  /** The grids on which all branches can give their results without another rounding. */
  private static Map<Integer, Grid> agreed(Graph caller, Node.Call call, List<Graph> graphs) {
    Map<Integer, Grid> agreed = new LinkedHashMap<>();
    for (int i = 0; i < graphs.get(0).outputs().size(); i++) {
      List<Optional<Grid>> grids = new ArrayList<>();
      for (Graph graph : graphs) {
        grids.add(
            graph.outputs().get(i) instanceof Argument.Ref ref
                ? Grid.ofDequantized(graph, ref.node())
                : Optional.empty());
      }
      Optional<Grid> first = grids.get(0);
      if (first.isPresent() && grids.stream().allMatch(first::equals)) {
        agreed.put(i, first.get());
      } else {
        Optional<Grid> reader = readAs(caller, call, i);
        if (reader.isPresent()) {
          agreed.put(i, reader.get());
        }
      }
    }
    return agreed;
  }

  /** The grid to which all readers of a result round it. */
  private static Optional<Grid> readAs(Graph caller, Node.Call call, int index) {
    Optional<Grid> grid = Optional.empty();
    for (Node.Call result : results(caller, call, index)) {
      if (caller.isOutput(result.name())) {
        return Optional.empty();
      }
      for (String user : caller.users(result.name())) {
        Optional<Grid> its =
            caller.call(user).flatMap(c -> Grid.of(c, QuantizedDecomposed.QUANTIZE));
        if (its.isEmpty() || grid.isPresent() && !grid.equals(its)) {
          return Optional.empty();
        }
        grid = its;
      }
    }
    return grid;
  }

  private static List<Node.Call> results(Graph caller, Node.Call call, int index) {
    return caller.calls().stream()
        .filter(
            c ->
                c.isTarget(Node.Call.GETITEM)
                    && c.ref(0).equals(Optional.of(call.name()))
                    && c.argument(1).equals(Optional.of(Argument.of(index))))
        .toList();
  }

  /** {@code graph} with integers for the placeholders at the given positions. */
  private static Graph withIntegers(Graph graph, Map<Integer, Grid> grids) {
    GraphEditor editor = new GraphEditor(graph);
    List<Node.Placeholder> placeholders = graph.placeholders();
    grids.forEach((i, grid) -> integers(graph, editor, placeholders.get(i), grid));
    return editor.build();
  }

  private static void integers(
      Graph graph, GraphEditor editor, Node.Placeholder placeholder, Grid grid) {
    TensorSpec spec = placeholder.spec().orElseThrow();
    String name = placeholder.name();
    editor.replace(
        new Node.Placeholder(
            name, new Value.Tensor(spec.withDType(grid.dtype())), placeholder.metadata()));
    readIntegers(graph, editor, name, lastPlaceholder(graph), grid, spec);
  }

  private static String lastPlaceholder(Graph graph) {
    List<Node.Placeholder> all = graph.placeholders();
    return all.get(all.size() - 1).name();
  }

  /** Makes the readers of {@code name}, which now is integers, read what they are to read. */
  private static void readIntegers(
      Graph graph, GraphEditor editor, String name, String anchor, Grid grid, TensorSpec spec) {
    boolean direct = graph.isOutput(name);
    for (String user : graph.users(name)) {
      Optional<Grid> its = graph.call(user).flatMap(c -> Grid.of(c, QuantizedDecomposed.QUANTIZE));
      if (its.equals(Optional.of(grid))) {
        editor.replaceUses(user, name);
        editor.remove(user);
      } else {
        direct = true;
      }
    }
    if (direct) {
      Node.Call again = grid.dequantize(editor, name, spec);
      List<String> already = editor.users(name);
      editor.insertAfter(anchor, again);
      editor.replaceUses(
          name,
          again.name(),
          user -> !user.name().equals(again.name()) && isDirect(graph, already, user, name));
      editor.setOutputs(
          editor.outputs().stream()
              .map(o -> o.renamed(n -> n.equals(name) ? again.name() : n))
              .toList());
    }
  }

  /** Whether {@code user} read the value itself before, not a quantize of it. */
  private static boolean isDirect(Graph graph, List<String> users, Node user, String name) {
    return users.contains(user.name()) && graph.users(name).contains(user.name());
  }

  /** {@code graph} with integers for the results at the given positions. */
  private static Graph returning(Graph graph, Map<Integer, Grid> grids) {
    GraphEditor editor = new GraphEditor(graph);
    List<Argument> outputs = new ArrayList<>(graph.outputs());
    grids.forEach(
        (i, grid) -> {
          String name = ((Argument.Ref) outputs.get(i)).node();
          if (Grid.ofDequantized(graph, name).equals(Optional.of(grid))) {
            outputs.set(i, graph.call(name).orElseThrow().arguments().get(0).value());
          } else {
            Node.Call quantize = grid.quantize(editor, name, graph.node(name).spec().orElseThrow());
            editor.insertLast(quantize);
            outputs.set(i, Argument.ref(quantize.name()));
          }
        });
    editor.setOutputs(outputs);
    editor.removeDead(IntegersAcrossCalls::mustStay);
    return editor.build();
  }

  private static void replace(
      GraphEditor editor,
      Graph caller,
      Node.Call call,
      List<Graph> graphs,
      Map<Integer, Grid> into,
      Map<Integer, Grid> out) {
    int next = 0;
    int operand = 0;
    List<NamedArgument> arguments = new ArrayList<>();
    for (NamedArgument argument : call.arguments()) {
      if (argument.value() instanceof Argument.Sub sub) {
        arguments.add(argument.withValue(new Argument.Sub(sub.name(), graphs.get(next++))));
      } else if (next > 0) {
        List<String> names = new ArrayList<>();
        for (String name : argument.value().references().toList()) {
          names.add(
              into.containsKey(operand++)
                  ? caller.call(name).orElseThrow().ref(0).orElseThrow()
                  : name);
        }
        arguments.add(argument.withValue(Argument.refs(names)));
      } else {
        arguments.add(argument);
      }
    }
    editor.replace(call.withArguments(arguments).withValue(value(call.value(), out)));
    out.forEach(
        (index, grid) -> {
          for (Node.Call result : results(caller, call, index)) {
            TensorSpec spec = result.spec().orElseThrow();
            editor.replace(result.withValue(new Value.Tensor(spec.withDType(grid.dtype()))));
            readIntegers(caller, editor, result.name(), result.name(), grid, spec);
          }
        });
  }

  private static Value value(Value value, Map<Integer, Grid> out) {
    if (!(value instanceof Value.Several several)) {
      return value;
    }
    List<Value> elements = new ArrayList<>(several.elements());
    out.forEach(
        (i, grid) ->
            elements
                .get(i)
                .tensor()
                .ifPresent(s -> elements.set(i, new Value.Tensor(s.withDType(grid.dtype())))));
    return new Value.Several(elements, several.list());
  }
}
