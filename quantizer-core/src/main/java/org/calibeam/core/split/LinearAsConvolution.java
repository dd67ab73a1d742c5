package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Writes quantized linear layers in loops, and in conditionals within conditionals, as convolutions
 * of size 1.
 *
 * <pre>
 * linear(dq(x), dq(w), b) → q    →    conv2d(dq(view(x, [rows, in, 1, 1])), dq(w4), b) → q → view
 * </pre>
 *
 * <p>ExecuTorch keeps {@code linear} whole in the branches of the main graph only; in loops and
 * further down it takes it apart into {@code addmm}, which Arm's backend does not take there. Views
 * are of integers. Constants are used by the branches themselves; a layer with a scale per channel,
 * of unknown shape, or whose result is not rounded at once stays.
 */
final class LinearAsConvolution {
  private static final String LINEAR = "aten.linear.default";
  private static final List<String> FUSED = List.of("aten.relu.default", "aten.hardtanh.default");

  private final Map<String, Constant> constants;

  private LinearAsConvolution(Map<String, Constant> constants) {
    this.constants = new LinkedHashMap<>(constants);
  }

  static Program apply(Program program) {
    LinearAsConvolution rule = new LinearAsConvolution(program.constants());
    Graph main = rule.descend(program.main(), true, false);
    Program changed = program.withConstants(rule.constants).withMain(main);
    Map<String, Constant> kept = new LinkedHashMap<>(rule.constants);
    kept.keySet()
        .removeIf(
            name ->
                !program.constants().containsKey(name) && !changed.usedConstants().contains(name));
    return changed.withConstants(kept);
  }

  /**
   * @param isMain whether this is the main graph
   * @param apart whether ExecuTorch takes layers of this graph apart
   */
  private Graph descend(Graph graph, boolean isMain, boolean apart) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.isControlFlow()) {
        boolean within = !isMain || call.isTarget(Node.Call.WHILE_LOOP);
        editor.replace(call.withGraphs(sub -> descend(sub.graph(), false, within)));
      } else if (apart && call.isTarget(LINEAR)) {
        layer(graph, call).ifPresent(layer -> rewrite(graph, editor, layer));
      }
    }
    return editor.build();
  }

  /**
   * What is known of a layer that can be rewritten.
   *
   * @param input dequantize of the layer's input
   * @param weight dequantize of its weight, a constant
   * @param chain the layer and what is computed with it, up to the quantize
   */
  private record Layer(
      Node.Call input,
      Grid inputGrid,
      Node.Call weight,
      Grid weightGrid,
      Node.GetAttr constant,
      List<Node.Call> chain,
      Node.Call quantize) {}

  private Optional<Layer> layer(Graph graph, Node.Call linear) {
    Optional<Node.Call> input = linear.ref(0).flatMap(graph::call);
    Optional<Node.Call> weight = linear.ref(1).flatMap(graph::call);
    Optional<Grid> inputGrid = input.flatMap(c -> Grid.of(c, QuantizedDecomposed.DEQUANTIZE));
    Optional<Grid> weightGrid = weight.flatMap(c -> Grid.of(c, QuantizedDecomposed.DEQUANTIZE));
    if (inputGrid.isEmpty() || weightGrid.isEmpty()) {
      return Optional.empty();
    }
    List<Node.Call> chain = new ArrayList<>(List.of(linear));
    Node.Call last = linear;
    while (!last.isTarget(QuantizedDecomposed.QUANTIZE)) {
      Optional<Node.Call> reader = onlyReader(graph, last.name());
      if (reader.isEmpty()) {
        return Optional.empty();
      }
      last = reader.get();
      if (FUSED.contains(last.target())) {
        chain.add(last);
      } else if (!last.isTarget(QuantizedDecomposed.QUANTIZE)) {
        return Optional.empty();
      }
    }
    boolean fixed = chain.stream().allMatch(c -> c.spec().map(TensorSpec::isStatic).orElse(false));
    return fixed
            && graph.node(weight.get().ref(0).orElseThrow()) instanceof Node.GetAttr constant
            && constant(constant).data().isPresent()
        ? Optional.of(
            new Layer(
                input.get(),
                inputGrid.get(),
                weight.get(),
                weightGrid.get(),
                constant,
                chain,
                last))
        : Optional.empty();
  }

  private Constant constant(Node.GetAttr node) {
    Constant constant = constants.get(node.constant());
    if (constant == null) {
      throw new IllegalStateException("There is no constant " + node.constant());
    }
    return constant;
  }

  private static Optional<Node.Call> onlyReader(Graph graph, String name) {
    return graph.userCount(name) == 1 && graph.users(name).size() == 1
        ? graph.call(graph.users(name).get(0))
        : Optional.empty();
  }

  private void rewrite(Graph graph, GraphEditor editor, Layer layer) {
    Node.Call linear = layer.chain().get(0);
    TensorSpec result = linear.spec().orElseThrow();
    TensorData weight = constant(layer.constant()).tensor();
    long out = weight.sizes()[0];
    long in = weight.sizes()[1];
    long rows = result.elements() / out;
    String source = layer.input().ref(0).orElseThrow();
    TensorSpec image =
        TensorSpec.contiguous(graph.node(source).spec().orElseThrow().dtype(), rows, in, 1, 1);
    Node.Call view = view(editor, source, image);
    Node.Call input = layer.inputGrid().dequantize(editor, view.name(), image);
    Node.GetAttr kernel = kernel(editor, layer, weight, out, in);
    Node.Call dequantized =
        layer.weightGrid().dequantize(editor, kernel.name(), kernel.spec().orElseThrow());
    for (Node node : List.of(view, input, kernel, dequantized)) {
      editor.insertBefore(linear.name(), node);
    }
    List<NamedArgument> arguments =
        new ArrayList<>(
            List.of(
                NamedArgument.positional("input", Argument.ref(input.name())),
                NamedArgument.positional("weight", Argument.ref(dequantized.name()))));
    linear.ref(2).ifPresent(b -> arguments.add(NamedArgument.positional("bias", Argument.ref(b))));
    TensorSpec pixels = TensorSpec.contiguous(result.dtype(), rows, out, 1, 1);
    editor.replace(
        new Node.Call(
            linear.name(),
            "aten.conv2d.default",
            arguments,
            new Value.Tensor(pixels),
            linear.metadata()));
    for (Node.Call next : layer.chain().subList(1, layer.chain().size())) {
      editor.replace(next.withValue(new Value.Tensor(pixels)));
    }
    Node.Call quantize = layer.quantize();
    TensorSpec integers = quantize.spec().orElseThrow();
    editor.replace(quantize.withValue(new Value.Tensor(pixels.withDType(integers.dtype()))));
    Node.Call back = view(editor, quantize.name(), integers);
    editor.insertAfter(quantize.name(), back);
    editor.replaceUses(quantize.name(), back.name(), user -> !user.name().equals(back.name()));
    editor.setOutputs(
        editor.outputs().stream()
            .map(o -> o.renamed(n -> n.equals(quantize.name()) ? back.name() : n))
            .toList());
  }

  private Node.GetAttr kernel(
      GraphEditor editor, Layer layer, TensorData weight, long out, long in) {
    String name = layer.constant().constant() + "_kernel";
    TensorData four = TensorData.ofLongs(weight.dtype(), weight.toLongs(), out, in, 1, 1);
    constants.put(name, constant(layer.constant()).withData(four));
    return new Node.GetAttr(
        editor.freshName("b_" + name), name, new Value.Tensor(four.spec()), Map.of());
  }

  private static Node.Call view(GraphEditor editor, String source, TensorSpec to) {
    return new Node.Call(
        editor.freshName("view"),
        "aten.view.default",
        List.of(
            NamedArgument.positional("self", Argument.ref(source)),
            NamedArgument.positional("size", Argument.ints(to.fixedSizes()))),
        new Value.Tensor(to),
        Map.of());
  }
}
