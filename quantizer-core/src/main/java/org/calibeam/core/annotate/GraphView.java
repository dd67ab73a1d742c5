package org.calibeam.core.annotate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * A graph as the quantizer walks it: the results are one more node, called {@link #OUTPUT}, at the
 * end.
 */
public final class GraphView {

  /** Name of the node that stands for the graph's results; no exported node is called so. */
  public static final String OUTPUT = "<output>";

  private final CodePath path;
  private final Graph graph;
  private final Map<String, Constant> constants;
  private final List<String> order;

  public GraphView(CodePath path, Graph graph, Map<String, Constant> constants) {
    this.path = path;
    this.graph = graph;
    this.constants = constants;
    List<String> names = new ArrayList<>();
    graph.nodes().forEach(n -> names.add(n.name()));
    names.add(OUTPUT);
    this.order = List.copyOf(names);
  }

  /** Where the graph stands in its program. */
  public CodePath path() {
    return path;
  }

  public Graph graph() {
    return graph;
  }

  /** All names in graph order, {@link #OUTPUT} last. */
  public List<String> order() {
    return order;
  }

  public int position(String name) {
    return name.equals(OUTPUT) ? order.size() - 1 : graph.position(name);
  }

  public boolean isOutput(String name) {
    return name.equals(OUTPUT);
  }

  /** The call called {@code name}; empty for inputs, constants and {@link #OUTPUT}. */
  public Optional<Node.Call> call(String name) {
    return name.equals(OUTPUT) ? Optional.empty() : graph.call(name);
  }

  public boolean isPlaceholder(String name) {
    return !name.equals(OUTPUT) && graph.node(name) instanceof Node.Placeholder;
  }

  public boolean isConstant(String name) {
    return !name.equals(OUTPUT) && graph.node(name) instanceof Node.GetAttr;
  }

  /** Target of a call; the empty string for any other node. */
  public String target(String name) {
    return call(name).map(Node.Call::target).orElse("");
  }

  /** Names of what {@code name} reads, each once, in argument order. */
  public List<String> inputs(String name) {
    return (name.equals(OUTPUT) ? graph.outputNames().stream() : graph.node(name).references())
        .distinct()
        .toList();
  }

  /** Names of who reads {@code name}, each once, in graph order. */
  public List<String> users(String name) {
    if (name.equals(OUTPUT)) {
      return List.of();
    }
    if (!graph.isOutput(name)) {
      return graph.users(name);
    }
    List<String> users = new ArrayList<>(graph.users(name));
    users.add(OUTPUT);
    return users;
  }

  /** Whether {@code name} computes one tensor of a floating-point type. */
  public boolean isFloat(String name) {
    return !name.equals(OUTPUT) && graph.node(name).isFloatTensor();
  }

  public Optional<TensorSpec> spec(String name) {
    return name.equals(OUTPUT) ? Optional.empty() : graph.node(name).spec();
  }

  public Optional<DType> dtype(String name) {
    return spec(name).map(TensorSpec::dtype);
  }

  /** What {@code name} reads that is one floating-point tensor, each once. */
  public List<String> floatInputs(String name) {
    return inputs(name).stream().filter(this::isFloat).toList();
  }

  /** Whether the argument at {@code index} of the call {@code user} is {@code producer}. */
  public boolean isArgument(String user, int index, String producer) {
    return call(user).flatMap(c -> c.ref(index)).filter(producer::equals).isPresent();
  }

  /** A number given literally at {@code index} of a call. */
  public Optional<Double> number(String name, int index) {
    return call(name).flatMap(c -> c.argument(index)).flatMap(GraphView::number);
  }

  static Optional<Double> number(Argument argument) {
    if (argument instanceof Argument.IntValue i) {
      return Optional.of((double) i.value());
    }
    if (argument instanceof Argument.FloatValue f) {
      return Optional.of(f.value());
    }
    return Optional.empty();
  }

  /** The one element of a constant of one element. */
  public Optional<Double> scalarConstant(String name) {
    if (!isConstant(name)) {
      return Optional.empty();
    }
    Constant constant = constants.get(((Node.GetAttr) graph.node(name)).constant());
    if (constant == null || constant.data().isEmpty() || constant.tensor().elements() != 1) {
      return Optional.empty();
    }
    return switch (constant.tensor().dtype()) {
      case FLOAT32, FLOAT64 -> Optional.of((double) constant.tensor().toFloats()[0]);
      case UINT8, INT8, INT16, INT32, INT64, BOOL ->
          Optional.of((double) constant.tensor().toLongs()[0]);
      default -> Optional.empty();
    };
  }
}
