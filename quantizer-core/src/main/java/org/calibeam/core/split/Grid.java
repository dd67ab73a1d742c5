package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * The per-tensor qparams of a quantize or dequantize call, as its arguments.
 *
 * @param arguments scale, zero point, ends of the integers and their type
 */
record Grid(List<NamedArgument> arguments) {
  private static final int COUNT = 6;

  Grid {
    arguments = List.copyOf(arguments);
  }

  /** The grid of {@code call} if that is {@code target} with numbers for scale and zero point. */
  static Optional<Grid> of(Node.Call call, String target) {
    return call.isTarget(target) && call.arguments().size() == COUNT
        ? Optional.of(new Grid(call.arguments().subList(1, COUNT)))
        : Optional.empty();
  }

  /** The grid of the dequantize called {@code name}; empty if that is something else. */
  static Optional<Grid> ofDequantized(Graph graph, String name) {
    return graph.call(name).flatMap(c -> of(c, QuantizedDecomposed.DEQUANTIZE));
  }

  DType dtype() {
    return ((Argument.ScalarTypeValue) arguments.get(COUNT - 2).value()).value();
  }

  /** A new quantize of {@code source}, not in the graph yet. */
  Node.Call quantize(GraphEditor editor, String source, TensorSpec spec) {
    return call(
        editor,
        QuantizedDecomposed.QUANTIZE,
        "quantize_per_tensor",
        source,
        spec.withDType(dtype()));
  }

  /** A new dequantize of {@code source}, not in the graph yet. */
  Node.Call dequantize(GraphEditor editor, String source, TensorSpec spec) {
    return call(
        editor,
        QuantizedDecomposed.DEQUANTIZE,
        "dequantize_per_tensor",
        source,
        spec.withDType(DType.FLOAT32));
  }

  private Node.Call call(
      GraphEditor editor, String target, String name, String source, TensorSpec spec) {
    List<NamedArgument> all = new ArrayList<>();
    all.add(NamedArgument.positional("input", Argument.ref(source)));
    all.addAll(arguments);
    return new Node.Call(editor.freshName(name), target, all, new Value.Tensor(spec), Map.of());
  }
}
