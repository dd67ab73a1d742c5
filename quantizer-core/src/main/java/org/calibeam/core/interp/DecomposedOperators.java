package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Rewrites calls of operators that exist in Python only, {@code quantized_decomposed} and {@code
 * dim_order_ops}, into ATen calls that compute the same bits as torch 2.15's definitions ({@code
 * torch/ao/quantization/fx/_decomposed.py}): quantizing multiplies by the reciprocal of the scale,
 * which is taken in double per tensor and in float32 per channel, and never divides.
 *
 * <p>The last of the new calls has the old one's name; the others' names start with it and a dollar
 * sign, which no exported name contains.
 */
final class DecomposedOperators {
  /** Names several tensors together; its results are its arguments. */
  static final String TUPLE = "calibeam.tuple.default";

  static final String CHOOSE_SCALE = "calibeam.choose_scale";
  static final String CHOOSE_ZERO_POINT = "calibeam.choose_zero_point";

  private static final Set<String> TARGETS =
      Set.of(
          QuantizedDecomposed.QUANTIZE,
          QuantizedDecomposed.NAMESPACE + "quantize_per_tensor.tensor",
          QuantizedDecomposed.DEQUANTIZE,
          QuantizedDecomposed.NAMESPACE + "dequantize_per_tensor.tensor",
          QuantizedDecomposed.NAMESPACE + "quantize_per_channel.default",
          QuantizedDecomposed.NAMESPACE + "dequantize_per_channel.default",
          QuantizedDecomposed.NAMESPACE + "choose_qparams.tensor",
          QuantizedDecomposed.NAMESPACE + "choose_qparams_symmetric.tensor",
          "dim_order_ops._to_dim_order_copy.default");

  /** A tensor whose shape nothing asks for. */
  private static final Value INTERMEDIATE = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32));

  private final List<Node> out = new ArrayList<>();
  private final Graph graph;
  private final CodePath path;

  private DecomposedOperators(Graph graph, CodePath path) {
    this.graph = graph;
    this.path = path;
  }

  /** The same graph without such calls; graphs of control flow are left as they are. */
  static Graph rewrite(Graph graph, CodePath path) {
    if (graph.calls().stream().noneMatch(c -> TARGETS.contains(c.target()))) {
      return graph;
    }
    DecomposedOperators rewriting = new DecomposedOperators(graph, path);
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Call call && TARGETS.contains(call.target())) {
        rewriting.rewrite(call);
      } else {
        rewriting.out.add(node);
      }
    }
    return new Graph(rewriting.out, graph.outputs(), graph.singleTensorReturn());
  }

  /** The name in the program of what {@code name} computes here. */
  static String originalName(String name) {
    int dollar = name.indexOf('$');
    return dollar < 0 ? name : name.substring(0, dollar);
  }

  private void rewrite(Node.Call call) {
    switch (call.target()) {
      case QuantizedDecomposed.QUANTIZE ->
          quantize(call, inverse(call, argument(call, 1)), argument(call, 2));
      case QuantizedDecomposed.NAMESPACE + "quantize_per_tensor.tensor" ->
          quantize(call, inverse(call, item(call, 1, Argument.SymKind.FLOAT)), integer(call, 2));
      case QuantizedDecomposed.DEQUANTIZE -> dequantize(call, argument(call, 1), argument(call, 2));
      case QuantizedDecomposed.NAMESPACE + "dequantize_per_tensor.tensor" ->
          dequantize(call, item(call, 1, Argument.SymKind.FLOAT), integer(call, 2));
      case QuantizedDecomposed.NAMESPACE + "quantize_per_channel.default" ->
          quantizePerChannel(call);
      case QuantizedDecomposed.NAMESPACE + "dequantize_per_channel.default" ->
          dequantizePerChannel(call);
      case QuantizedDecomposed.NAMESPACE + "choose_qparams.tensor" -> chooseQParams(call, false);
      case QuantizedDecomposed.NAMESPACE + "choose_qparams_symmetric.tensor" ->
          chooseQParams(call, true);
      default -> toDimOrder(call);
    }
  }

  private void quantize(Node.Call call, Argument inverseScale, Argument zeroPoint) {
    Argument x = float32(call);
    Argument scaled = add(call, "scaled", "aten.mul.Scalar", x, inverseScale);
    Argument rounded = add(call, "rounded", "aten.round_.default", scaled);
    Argument shifted = add(call, "shifted", "aten.add_.Scalar", rounded, zeroPoint);
    Argument clamped =
        add(call, "clamped", "aten.clamp_.default", shifted, argument(call, 3), argument(call, 4));
    last(call, "aten.to.dtype", clamped, argument(call, 5));
  }

  private void dequantize(Node.Call call, Argument scale, Argument zeroPoint) {
    Argument x = toDType(call, "widened", argument(call, 0), outDType(call));
    Argument shifted = add(call, "shifted", "aten.sub_.Scalar", x, zeroPoint);
    last(call, "aten.mul_.Scalar", shifted, scale);
  }

  private void quantizePerChannel(Node.Call call) {
    Argument x = float32(call);
    Argument scales = alongAxis(call, "scales", 1);
    Argument inverse = add(call, "inverse", "aten.reciprocal.default", scales);
    Argument scaled = add(call, "scaled", "aten.mul.Tensor", x, inverse);
    Argument rounded = add(call, "rounded", "aten.round_.default", scaled);
    Argument shifted =
        add(call, "shifted", "aten.add_.Tensor", rounded, alongAxis(call, "zero_points", 2));
    Argument clamped =
        add(call, "clamped", "aten.clamp_.default", shifted, argument(call, 4), argument(call, 5));
    last(call, "aten.to.dtype", clamped, argument(call, 6));
  }

  private void dequantizePerChannel(Node.Call call) {
    Argument x = argument(call, 0);
    if (!(argument(call, 2) instanceof Argument.None)) {
      x = add(call, "shifted", "aten.sub.Tensor", x, alongAxis(call, "zero_points", 2));
    }
    Argument scaled = add(call, "scaled", "aten.mul.Tensor", x, alongAxis(call, "scales", 1));
    last(call, "aten.to.dtype", scaled, new Argument.ScalarTypeValue(outDType(call)));
  }

  private void chooseQParams(Node.Call call, boolean symmetric) {
    String range = call.name() + "$range";
    out.add(
        new Node.Call(
            range,
            "aten.aminmax.default",
            positional(float32(call)),
            new Value.Several(List.of(INTERMEDIATE, INTERMEDIATE), false),
            call.metadata()));
    Argument[] limits = new Argument[2];
    for (int i = 0; i < 2; i++) {
      Node.Call limit = Node.Call.getitem(call.name() + "$limit" + i, range, i, INTERMEDIATE);
      out.add(limit);
      limits[i] =
          number(
              call,
              "number" + i,
              "aten.item.default",
              Argument.SymKind.FLOAT,
              Argument.ref(limit.name()));
    }
    boolean uint8 = argument(call, 4).equals(new Argument.ScalarTypeValue(DType.UINT8));
    Argument[] arguments = {
      limits[0],
      limits[1],
      argument(call, 1),
      argument(call, 2),
      argument(call, 3),
      Argument.of(symmetric),
      Argument.of(uint8)
    };
    Argument scale = number(call, "scale", CHOOSE_SCALE, Argument.SymKind.FLOAT, arguments);
    Argument zero = number(call, "zero_point", CHOOSE_ZERO_POINT, Argument.SymKind.INT, arguments);
    last(
        call,
        TUPLE,
        full(call, "scales", scale, DType.FLOAT64),
        full(call, "zero_points", zero, DType.INT64));
  }

  private Argument full(Node.Call call, String suffix, Argument value, DType dtype) {
    String name = call.name() + "$" + suffix;
    out.add(
        new Node.Call(
            name,
            "aten.full.default",
            List.of(
                NamedArgument.positional("size", Argument.ints(1)),
                NamedArgument.positional("fill_value", value),
                NamedArgument.keyword("dtype", new Argument.ScalarTypeValue(dtype))),
            new Value.Tensor(TensorSpec.contiguous(dtype, 1)),
            call.metadata()));
    return Argument.ref(name);
  }

  /**
   * A dim order lists the dimensions from the outermost in memory to the innermost: 0, 1, 2, 3 is
   * contiguous and 0, 2, 3, 1 channels-last.
   */
  private void toDimOrder(Node.Call call) {
    List<NamedArgument> arguments = new ArrayList<>();
    for (NamedArgument argument : call.arguments()) {
      if (argument.name().equals("dim_order")) {
        arguments.add(NamedArgument.keyword("memory_format", memoryFormat(call, argument.value())));
      } else {
        arguments.add(argument);
      }
    }
    out.add(
        new Node.Call(
            call.name(), "aten._to_copy.default", arguments, call.value(), call.metadata()));
  }

  private Argument memoryFormat(Node.Call call, Argument order) {
    if (order instanceof Argument.None) {
      return Argument.MemoryFormat.PRESERVE;
    }
    if (order instanceof Argument.IntList dims) {
      List<Long> values = dims.values();
      if (values.equals(List.of(0L, 2L, 3L, 1L))) {
        return Argument.MemoryFormat.CHANNELS_LAST;
      }
      if (values.equals(List.of(0L, 2L, 3L, 4L, 1L))) {
        return Argument.MemoryFormat.CHANNELS_LAST_3D;
      }
      if (values.stream().sorted().toList().equals(values)) {
        return Argument.MemoryFormat.CONTIGUOUS;
      }
    }
    throw new ModelException(
        "Cannot run %s (%s in %s): the dim order %s is neither contiguous nor channels-last. Export the model without it."
            .formatted(call.name(), call.target(), path, order));
  }

  private Argument float32(Node.Call call) {
    Argument x = argument(call, 0);
    boolean narrow =
        x instanceof Argument.Ref ref
            && graph
                .node(ref.node())
                .spec()
                .map(s -> s.dtype() == DType.FLOAT16 || s.dtype() == DType.BFLOAT16)
                .orElse(false);
    return narrow ? toDType(call, "float32", x, DType.FLOAT32) : x;
  }

  private Argument toDType(Node.Call call, String suffix, Argument x, DType dtype) {
    // Always a copy: what follows changes it in place.
    return add(
        call,
        suffix,
        "aten.to.dtype",
        x,
        new Argument.ScalarTypeValue(dtype),
        Argument.of(false),
        Argument.of(true));
  }

  private static DType outDType(Node.Call call) {
    return call.argument("out_dtype")
        .filter(Argument.ScalarTypeValue.class::isInstance)
        .map(a -> ((Argument.ScalarTypeValue) a).value())
        .orElse(DType.FLOAT32);
  }

  /** The per-channel values at argument {@code index}, shaped so that they lie along the axis. */
  private Argument alongAxis(Node.Call call, String suffix, int index) {
    if (!(argument(call, 3) instanceof Argument.IntValue axis)
        || !(argument(call, 0) instanceof Argument.Ref x)) {
      throw new ModelException(
          "Cannot run %s (%s in %s): its axis is %s, a number is expected. Export the model again."
              .formatted(call.name(), call.target(), path, argument(call, 3)));
    }
    int rank =
        graph
            .node(x.node())
            .spec()
            .orElseThrow(
                () ->
                    new ModelException(
                        "Cannot run %s (%s in %s): the archive does not give the shape of %s. Export the model again."
                            .formatted(call.name(), call.target(), path, x.node())))
            .rank();
    long[] shape = new long[rank];
    java.util.Arrays.fill(shape, 1);
    shape[Math.floorMod(Math.toIntExact(axis.value()), rank)] = -1;
    return add(call, suffix, "aten.view.default", argument(call, index), Argument.ints(shape));
  }

  /** The reciprocal of a per-tensor scale, in double. */
  private Argument inverse(Node.Call call, Argument scale) {
    if (scale instanceof Argument.FloatValue value) {
      return Argument.of(1.0 / value.value());
    }
    return number(
        call, "inverse", "_operator.truediv", Argument.SymKind.FLOAT, Argument.of(1.0), scale);
  }

  private Argument item(Node.Call call, int index, Argument.SymKind kind) {
    return number(call, "item" + index, "aten.item.default", kind, argument(call, index));
  }

  private Argument integer(Node.Call call, int index) {
    return item(call, index, Argument.SymKind.INT);
  }

  private static Argument argument(Node.Call call, int index) {
    return call.argument(index).orElse(Argument.NONE);
  }

  private Argument number(
      Node.Call call, String suffix, String target, Argument.SymKind kind, Argument... arguments) {
    String name = call.name() + "$" + suffix;
    out.add(
        new Node.Call(
            name, target, positional(arguments), new Value.Symbol(kind, ""), call.metadata()));
    return new Argument.SymRef(kind, name);
  }

  private Argument add(Node.Call call, String suffix, String target, Argument... arguments) {
    String name = call.name() + "$" + suffix;
    out.add(new Node.Call(name, target, positional(arguments), call.value(), call.metadata()));
    return Argument.ref(name);
  }

  private void last(Node.Call call, String target, Argument... arguments) {
    out.add(
        new Node.Call(call.name(), target, positional(arguments), call.value(), call.metadata()));
  }

  private static List<NamedArgument> positional(Argument... arguments) {
    List<NamedArgument> all = new ArrayList<>();
    for (Argument argument : arguments) {
      all.add(NamedArgument.positional("", argument));
    }
    return all;
  }
}
