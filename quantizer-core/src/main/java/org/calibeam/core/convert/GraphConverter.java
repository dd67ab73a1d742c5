package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Replaces the observation points of one graph by quantize and dequantize.
 *
 * <p>{@code observe(x)} becomes {@code dequantize(quantize(x))}; where {@code x} is a constant, the
 * quantize is computed now and only {@code dequantize(frozen)} remains. Names of new constants are
 * those of the reference: {@code _frozen_param0}, {@code _scale_0}, {@code _zero_point_0}.
 */
final class GraphConverter {
  private final CodePath path;
  private final Graph graph;
  private final Map<ObserverId, PreparedObserver> observers;
  private final Function<ObserverId, QParams> qparams;
  private final Map<String, Constant> constants;
  private final GraphEditor names;
  private final List<Node> out = new ArrayList<>();
  private final Map<String, String> renamed = new HashMap<>();
  private final Map<String, TensorSpec> specs = new HashMap<>();

  private GraphConverter(
      CodePath path,
      Graph graph,
      Map<ObserverId, PreparedObserver> observers,
      Function<ObserverId, QParams> qparams,
      Map<String, Constant> constants) {
    this.path = path;
    this.graph = graph;
    this.observers = observers;
    this.qparams = qparams;
    this.constants = constants;
    this.names = new GraphEditor(graph);
  }

  /**
   * The converted graph.
   *
   * @param constants of the program; gets the new ones
   */
  static Graph convert(
      CodePath path,
      Graph graph,
      Map<ObserverId, PreparedObserver> observers,
      Function<ObserverId, QParams> qparams,
      Map<String, Constant> constants) {
    return new GraphConverter(path, graph, observers, qparams, constants).convert();
  }

  private Graph convert() {
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Call call) {
        if (call.isTarget(PreparedProgram.OBSERVE)) {
          renamed.put(call.name(), replace(call));
        } else {
          add(
              call.withArguments(
                  call.arguments().stream()
                      .map(a -> a.withValue(a.value().renamed(this::current)))
                      .toList()));
        }
      } else {
        add(node);
      }
    }
    return new Graph(
        out,
        graph.outputs().stream().map(o -> o.renamed(this::current)).toList(),
        graph.singleTensorReturn());
  }

  private String current(String name) {
    return renamed.getOrDefault(name, name);
  }

  private void add(Node node) {
    out.add(node);
    node.spec().ifPresent(s -> specs.put(node.name(), s));
  }

  /** Emits what stands for an observation point; returns the name of the dequantized tensor. */
  private String replace(Node.Call point) {
    String source = current(point.ref(0).orElseThrow());
    ObserverId id = new ObserverId(path, PreparedProgram.observerOf(point));
    PreparedObserver observer = observers.get(id);
    if (observer == null) {
      throw new IllegalStateException("There is no observer " + id);
    }
    TensorSpec spec = specs.get(source);
    if (spec == null) {
      throw new IllegalStateException("%s observes %s, which is no tensor".formatted(id, source));
    }
    if (observer instanceof PreparedObserver.Dynamic dynamic) {
      return dynamic(source, spec, dynamic.spec());
    }
    QParams chosen = qparams.apply(id);
    return chosen.qscheme().isPerChannel()
        ? perChannel(source, spec, chosen)
        : perTensor(source, spec, chosen);
  }

  private String perTensor(String source, TensorSpec spec, QParams q) {
    List<NamedArgument> rest =
        List.of(
            positional("scale", Argument.of((double) q.scale())),
            positional("zero_point", Argument.of(q.zeroPoint())),
            positional("quant_min", Argument.of(q.quantMin())),
            positional("quant_max", Argument.of(q.quantMax())),
            positional("dtype", new Argument.ScalarTypeValue(q.dtype())));
    String integers =
        frozen(source, q)
            .orElseGet(
                () -> call("quantize_per_tensor.default", source, rest, spec.withDType(q.dtype())));
    return call("dequantize_per_tensor.default", integers, withOutDType(rest, spec), spec);
  }

  private String perChannel(String source, TensorSpec spec, QParams q) {
    DType zeroPointType = q.dtype() == DType.INT32 ? DType.INT32 : DType.INT64;
    float[] scales = q.scales();
    long[] zeroPoints = new long[scales.length];
    for (int i = 0; i < zeroPoints.length; i++) {
      zeroPoints[i] = q.zeroPoints()[i];
    }
    String scaleName = constant("_scale_", TensorData.ofFloats(scales, scales.length));
    String zeroPointName =
        constant("_zero_point_", TensorData.ofLongs(zeroPointType, zeroPoints, scales.length));
    List<NamedArgument> rest =
        List.of(
            positional("scales", Argument.ref(scaleName)),
            positional("zero_points", Argument.ref(zeroPointName)),
            positional("axis", Argument.of(q.chAxis())),
            positional("quant_min", Argument.of(q.quantMin())),
            positional("quant_max", Argument.of(q.quantMax())),
            positional("dtype", new Argument.ScalarTypeValue(q.dtype())));
    String integers =
        frozen(source, q)
            .orElseGet(
                () ->
                    call("quantize_per_channel.default", source, rest, spec.withDType(q.dtype())));
    return call("dequantize_per_channel.default", integers, withOutDType(rest, spec), spec);
  }

  private String dynamic(String source, TensorSpec spec, QuantizationSpec.Observed q) {
    String chooser =
        q.qscheme().isSymmetric() ? "choose_qparams_symmetric.tensor" : "choose_qparams.tensor";
    Value scaleValue = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT64, 1));
    Value zeroPointValue = new Value.Tensor(TensorSpec.contiguous(DType.INT64, 1));
    Node.Call chosen =
        new Node.Call(
            names.freshName("choose_qparams"),
            QuantizedDecomposed.NAMESPACE + chooser,
            List.of(
                positional("input", Argument.ref(source)),
                positional("quant_min", Argument.of(q.quantMin())),
                positional("quant_max", Argument.of(q.quantMax())),
                positional("eps", Argument.of(q.eps())),
                positional("dtype", new Argument.ScalarTypeValue(q.dtype()))),
            new Value.Several(List.of(scaleValue, zeroPointValue), false),
            Map.of());
    add(chosen);
    Node.Call scale = Node.Call.getitem(names.freshName("getitem"), chosen.name(), 0, scaleValue);
    Node.Call zeroPoint =
        Node.Call.getitem(names.freshName("getitem"), chosen.name(), 1, zeroPointValue);
    add(scale);
    add(zeroPoint);
    List<NamedArgument> rest =
        List.of(
            positional("scale", Argument.ref(scale.name())),
            positional("zero_point", Argument.ref(zeroPoint.name())),
            positional("quant_min", Argument.of(q.quantMin())),
            positional("quant_max", Argument.of(q.quantMax())),
            positional("dtype", new Argument.ScalarTypeValue(q.dtype())));
    String integers = call("quantize_per_tensor.tensor", source, rest, spec.withDType(q.dtype()));
    return call("dequantize_per_tensor.tensor", integers, withOutDType(rest, spec), spec);
  }

  private static List<NamedArgument> withOutDType(List<NamedArgument> arguments, TensorSpec spec) {
    if (spec.dtype() == DType.FLOAT32) {
      return arguments;
    }
    List<NamedArgument> all = new ArrayList<>(arguments);
    all.add(NamedArgument.keyword("out_dtype", new Argument.ScalarTypeValue(spec.dtype())));
    return all;
  }

  private static NamedArgument positional(String name, Argument value) {
    return NamedArgument.positional(name, value);
  }

  private String call(String target, String source, List<NamedArgument> rest, TensorSpec spec) {
    List<NamedArgument> arguments = new ArrayList<>();
    arguments.add(positional("input", Argument.ref(source)));
    arguments.addAll(rest);
    String base = target.substring(0, target.indexOf('.'));
    Node.Call call =
        new Node.Call(
            names.freshName(base),
            QuantizedDecomposed.NAMESPACE + target,
            arguments,
            new Value.Tensor(spec),
            Map.of());
    add(call);
    return call.name();
  }

  /** The integers of {@code source} if it is a constant: a new constant of the program. */
  private Optional<String> frozen(String source, QParams q) {
    if (!(last(source) instanceof Node.GetAttr attr)) {
      return Optional.empty();
    }
    Constant constant = constants.get(attr.constant());
    if (constant == null
        || constant.data().isEmpty()
        || constant.tensor().dtype() != DType.FLOAT32) {
      return Optional.empty();
    }
    return Optional.of(constant("_frozen_param", QuantizeConstant.quantize(constant.tensor(), q)));
  }

  private Node last(String name) {
    for (int i = out.size() - 1; i >= 0; i--) {
      if (out.get(i).name().equals(name)) {
        return out.get(i);
      }
    }
    throw new IllegalStateException("Nothing is called " + name);
  }

  private String constant(String prefix, TensorData data) {
    int number = 0;
    while (constants.containsKey(prefix + number)) {
      number++;
    }
    String constant = prefix + number;
    constants.put(constant, Constant.buffer(data));
    Node.GetAttr attr =
        new Node.GetAttr(
            names.freshName("b_" + constant), constant, new Value.Tensor(data.spec()), Map.of());
    add(attr);
    return attr.name();
  }

  /** Constants that no graph of a program uses any more are dropped; the order stays. */
  static Map<String, Constant> used(Map<String, Constant> constants, List<String> names) {
    Map<String, Constant> kept = new LinkedHashMap<>(constants);
    kept.keySet().retainAll(names);
    return kept;
  }
}
