package org.calibeam.core.convert;

import java.util.ArrayList;
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
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code q(relu(conv(x)))} → {@code q(relu(dq(q(conv(x)))))} where zero is not the least integer,
 * and likewise for linear layers and for activations with another upper end.
 *
 * <p>ExecuTorch 1.5.1's {@code FuseQuantizedActivationPass} drops such an activation and trusts the
 * lower end of the integers to cut off what is negative, which it does only if that is zero. Where
 * an observer is shared, with the other side of a branch for one, it is not, and the device would
 * let negative values through. Rounding once more to the same integers keeps every result: {@code
 * max(zp, q(x))} either way.
 */
final class RoundBeforeActivation {
  private static final int ZERO_POINT = 2;
  private static final int QUANT_MIN = 3;

  private static final Set<String> LAYERS =
      Set.of(
          "aten.conv1d.default",
          "aten.conv2d.default",
          "aten.conv2d.padding",
          "aten.conv3d.default",
          "aten.conv_transpose2d.input",
          "aten.convolution.default",
          "aten.linear.default");

  private static final Set<String> ACTIVATIONS =
      Set.of(
          "aten.relu.default",
          "aten.relu_.default",
          "aten.relu6.default",
          "aten.relu6_.default",
          "aten.hardtanh.default",
          "aten.hardtanh_.default");

  private RoundBeforeActivation() {}

  static Graph apply(Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call quantize : graph.calls()) {
      Optional<Node.Call> activation =
          quantize.isTarget(QuantizedDecomposed.QUANTIZE) && !startsAtZero(quantize)
              ? quantize.ref(0).flatMap(graph::call).filter(c -> isFused(graph, c))
              : Optional.empty();
      activation.ifPresent(call -> round(editor, call, quantize));
    }
    return editor.build();
  }

  private static boolean startsAtZero(Node.Call quantize) {
    return quantize.argument(ZERO_POINT).equals(quantize.argument(QUANT_MIN));
  }

  /**
   * Whether this is an activation that only a quantize reads, behind a layer that only it reads.
   */
  private static boolean isFused(Graph graph, Node.Call activation) {
    return ACTIVATIONS.contains(activation.target())
        && isReadOnce(graph, activation.name())
        && activation
            .ref(0)
            .flatMap(graph::call)
            .filter(layer -> LAYERS.contains(layer.target()) && isReadOnce(graph, layer.name()))
            .isPresent();
  }

  private static boolean isReadOnce(Graph graph, String name) {
    return graph.userCount(name) == 1 && !graph.isOutput(name);
  }

  private static void round(GraphEditor editor, Node.Call activation, Node.Call quantize) {
    String layer = activation.ref(0).orElseThrow();
    TensorSpec spec = editor.node(layer).spec().orElseThrow();
    DType integers = quantize.spec().orElseThrow().dtype();
    Node.Call rounded =
        call(
            editor,
            QuantizedDecomposed.QUANTIZE,
            "quantize_per_tensor",
            layer,
            quantize,
            spec.withDType(integers));
    editor.insertBefore(activation.name(), rounded);
    Node.Call back =
        call(
            editor,
            QuantizedDecomposed.DEQUANTIZE,
            "dequantize_per_tensor",
            rounded.name(),
            quantize,
            spec);
    editor.insertBefore(activation.name(), back);
    editor.replaceUses(layer, back.name(), user -> user.name().equals(activation.name()));
  }

  private static Node.Call call(
      GraphEditor editor,
      String target,
      String name,
      String source,
      Node.Call qparams,
      TensorSpec spec) {
    List<NamedArgument> arguments = new ArrayList<>(qparams.arguments());
    arguments.set(0, NamedArgument.positional("input", Argument.ref(source)));
    return new Node.Call(
        editor.freshName(name), target, arguments, new Value.Tensor(spec), Map.of());
  }
}
