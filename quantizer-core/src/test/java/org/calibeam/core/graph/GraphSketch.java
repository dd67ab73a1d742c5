package org.calibeam.core.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.ops.OutputRules;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/** Builds small graphs for tests, a line a node. */
public final class GraphSketch {
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Constant> constants = new LinkedHashMap<>();

  public GraphSketch input(String name, long... sizes) {
    return input(name, DType.FLOAT32, sizes);
  }

  public GraphSketch input(String name, DType dtype, long... sizes) {
    nodes.add(
        new Node.Placeholder(
            name, new Value.Tensor(TensorSpec.contiguous(dtype, sizes)), Map.of()));
    return this;
  }

  public GraphSketch input(String name, TensorSpec spec) {
    nodes.add(new Node.Placeholder(name, new Value.Tensor(spec), Map.of()));
    return this;
  }

  /** A parameter of ones with its get_attr node, both called {@code name}. */
  public GraphSketch weight(String name, long... sizes) {
    float[] ones = new float[(int) Arrays.stream(sizes).reduce(1, (a, b) -> a * b)];
    Arrays.fill(ones, 1f);
    return constant(name, Constant.parameter(TensorData.ofFloats(ones, sizes)));
  }

  public GraphSketch constant(String name, Constant constant) {
    constants.put(name, constant);
    nodes.add(new Node.GetAttr(name, name, new Value.Tensor(constant.tensor().spec()), Map.of()));
    return this;
  }

  /**
   * A call with a float32 result.
   *
   * @param arguments node names as strings, other literals as {@link Argument}
   */
  public GraphSketch call(String name, String target, long[] sizes, Object... arguments) {
    return call(name, target, DType.FLOAT32, sizes, arguments);
  }

  public GraphSketch call(
      String name, String target, DType dtype, long[] sizes, Object... arguments) {
    List<NamedArgument> named = new ArrayList<>();
    for (Object argument : arguments) {
      Argument value = argument instanceof Argument a ? a : Argument.ref((String) argument);
      named.add(NamedArgument.positional(parameter(target, named.size()), value));
    }
    nodes.add(
        new Node.Call(
            name, target, named, new Value.Tensor(TensorSpec.contiguous(dtype, sizes)), Map.of()));
    return this;
  }

  /** Any other node. */
  public GraphSketch add(Node node) {
    nodes.add(node);
    return this;
  }

  /** Arguments of a call that quantizes {@code source} per tensor to int8, or back. */
  public static Object[] qparams(String source, double scale, int zeroPoint) {
    return new Object[] {
      source,
      Argument.of(scale),
      Argument.of(zeroPoint),
      Argument.of(-128),
      Argument.of(127),
      new Argument.ScalarTypeValue(DType.INT8)
    };
  }

  /** A call whose result follows from the operator. */
  public GraphSketch derive(String name, String target, Object... arguments) {
    call(name, target, new long[0], arguments);
    Node.Call draft = (Node.Call) nodes.remove(nodes.size() - 1);
    Map<String, Value> values = new LinkedHashMap<>();
    nodes.forEach(n -> values.put(n.name(), n.value()));
    nodes.add(draft.withValue(OutputRules.infer(draft, values::get).orElseThrow()));
    return this;
  }

  /** The name in the operator's schema; any will do for an operator that is not in the table. */
  private static String parameter(String target, int index) {
    return Operators.find(target)
        .filter(schema -> index < schema.parameters().size())
        .map(schema -> schema.parameters().get(index).name())
        .orElse("arg" + index);
  }

  /** Puts metadata on the node added last, which must be a call. */
  public GraphSketch with(String key, String value) {
    Node.Call last = (Node.Call) nodes.remove(nodes.size() - 1);
    Map<String, String> metadata = new LinkedHashMap<>(last.metadata());
    metadata.put(key, value);
    nodes.add(last.withMetadata(metadata));
    return this;
  }

  public Graph returns(String... outputs) {
    return new Graph(
        nodes, Arrays.stream(outputs).map(o -> (Argument) Argument.ref(o)).toList(), false);
  }

  /** A program of the graph that {@link #returns} gives, all outputs the user's. */
  public Program program(String... outputs) {
    Graph graph = returns(outputs);
    return new Program(
        graph,
        constants,
        graph.outputs().stream().map(o -> OutputKind.USER_OUTPUT).toList(),
        Map.of());
  }

  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  public Map<String, Constant> constants() {
    return constants;
  }

  public static long[] sizes(long... sizes) {
    return sizes;
  }
}
