package org.calibeam.core.inspect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/** Finds the quantized tensors of a program whose branches use constants themselves. */
final class QuantizedTensors {
  /** What one call says; calls that say the same about one tensor are one entry. */
  private record Key(
      String tensor,
      QuantizedTensor.Origin origin,
      DType dtype,
      long quantMin,
      long quantMax,
      Optional<QuantizedTensor.Scales> scales) {}

  private final Program program;
  private final CodePath path;
  private final Graph graph;
  private final Map<Key, int[]> counts = new LinkedHashMap<>();

  private QuantizedTensors(Program program, CodePath path, Graph graph) {
    this.program = program;
    this.path = path;
    this.graph = graph;
  }

  static List<QuantizedTensor> of(Program program) {
    List<QuantizedTensor> found = new ArrayList<>();
    program
        .graphs()
        .forEach((path, graph) -> found.addAll(new QuantizedTensors(program, path, graph).find()));
    return found;
  }

  static boolean isQuantize(Node node) {
    return node instanceof Node.Call call && QuantizedDecomposed.isQuantize(call);
  }

  static boolean isDequantize(Node node) {
    return node instanceof Node.Call call && QuantizedDecomposed.isDequantize(call);
  }

  private List<QuantizedTensor> find() {
    for (Node.Call call : graph.calls()) {
      if (isQuantize(call) || isDequantize(call)) {
        key(call)
            .ifPresent(
                key -> counts.computeIfAbsent(key, k -> new int[2])[isQuantize(call) ? 0 : 1]++);
      }
    }
    List<QuantizedTensor> found = new ArrayList<>();
    counts.forEach(
        (k, n) ->
            found.add(
                new QuantizedTensor(
                    path,
                    k.tensor,
                    k.origin,
                    k.dtype,
                    k.quantMin,
                    k.quantMax,
                    k.scales,
                    n[0],
                    n[1])));
    return found;
  }

  private Optional<Key> key(Node.Call call) {
    Optional<Node> input = call.ref(0).map(graph::node);
    Argument dtype = call.argument("dtype").orElse(Argument.NONE);
    if (input.isEmpty() || !(dtype instanceof Argument.ScalarTypeValue type)) {
      return Optional.empty();
    }
    Node source = input.get();
    if (isDequantize(call) && isQuantize(source)) {
      source = ((Node.Call) source).ref(0).map(graph::node).orElse(source);
    }
    QuantizedTensor.Origin origin = QuantizedTensor.Origin.ACTIVATION;
    String name = source.name();
    if (source instanceof Node.GetAttr attr) {
      name = attr.constant();
      origin =
          source.isFloatTensor()
              ? QuantizedTensor.Origin.FLOATING_CONSTANT
              : QuantizedTensor.Origin.CONSTANT;
    }
    return Optional.of(
        new Key(
            name,
            origin,
            type.value(),
            integer(call, "quant_min"),
            integer(call, "quant_max"),
            scales(call)));
  }

  private static long integer(Node.Call call, String name) {
    return call.argument(name).orElse(Argument.NONE) instanceof Argument.IntValue v ? v.value() : 0;
  }

  /** Literal scales, or those in constants; empty if a node computes them. */
  private Optional<QuantizedTensor.Scales> scales(Node.Call call) {
    Argument zero = call.argument("zero_point").orElse(Argument.NONE);
    if (call.argument("scale").orElse(Argument.NONE) instanceof Argument.FloatValue scale
        && zero instanceof Argument.IntValue point) {
      return Optional.of(
          new QuantizedTensor.Scales(
              Optional.empty(), 1, scale.value(), scale.value(), point.value(), point.value()));
    }
    Optional<TensorData> scales = constant(call, "scales").or(() -> constant(call, "scale"));
    Optional<TensorData> points =
        constant(call, "zero_points").or(() -> constant(call, "zero_point"));
    if (scales.isEmpty()
        || points.isEmpty()
        || scales.get().elements() == 0
        || points.get().elements() == 0
        || !scales.get().dtype().isFloatingPoint()
        || !points.get().dtype().isInteger()) {
      return Optional.empty();
    }
    float[] values = scales.get().toFloats();
    long[] zeros = points.get().toLongs();
    double smallest = Double.POSITIVE_INFINITY;
    double largest = Double.NEGATIVE_INFINITY;
    for (float value : values) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    Optional<Long> axis =
        call.argument("axis").orElse(Argument.NONE) instanceof Argument.IntValue v
            ? Optional.of(v.value())
            : Optional.empty();
    return Optional.of(
        new QuantizedTensor.Scales(
            axis,
            values.length,
            smallest,
            largest,
            Arrays.stream(zeros).min().orElse(0),
            Arrays.stream(zeros).max().orElse(0)));
  }

  private Optional<TensorData> constant(Node.Call call, String argument) {
    return call.argument(argument)
        .filter(Argument.Ref.class::isInstance)
        .map(a -> graph.node(((Argument.Ref) a).node()))
        .filter(Node.GetAttr.class::isInstance)
        .map(n -> program.constant((Node.GetAttr) n))
        .flatMap(Constant::data);
  }
}
