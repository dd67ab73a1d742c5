package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Writes calls into a graph: arguments by their names in the schema, a fresh name after the
 * operator, type and shape by {@link OutputRules}.
 *
 * <p>Nothing stands in the graph before {@link #commit}, so a rewrite that fails half-way leaves no
 * trace. Not safe for use by several threads.
 */
public final class CallEmitter {
  /** Operators whose name Python has taken; FX numbers them from 1 on. */
  private static final Set<String> TAKEN =
      Set.of(
          "abs", "all", "and", "any", "bool", "float", "int", "max", "min", "or", "pow", "range",
          "round", "slice", "sorted", "sum");

  private final GraphEditor editor;
  private final Map<String, String> metadata;
  private final List<Node> pending = new ArrayList<>();
  private final Map<String, Node> byName = new HashMap<>();

  /**
   * An emitter into {@code editor}.
   *
   * @param metadata of the nodes written
   */
  public CallEmitter(GraphEditor editor, Map<String, String> metadata) {
    this.editor = editor;
    this.metadata = Map.copyOf(metadata);
  }

  /** Writes a call that has {@code others} as metadata. */
  public Argument.Ref callWith(Map<String, String> others, String target, Argument... arguments) {
    return add(target, Operators.schema(target).positional(Arrays.asList(arguments)), others);
  }

  /** Writes a call with {@code arguments} by position. */
  public Argument.Ref call(String target, Argument... arguments) {
    return add(target, Operators.schema(target).positional(Arrays.asList(arguments)), metadata);
  }

  /** Writes a call with {@code positional} arguments, then {@code keywords}. */
  public Argument.Ref call(
      String target, List<? extends Argument> positional, NamedArgument... keywords) {
    List<NamedArgument> named = Operators.schema(target).positional(positional);
    named.addAll(Arrays.asList(keywords));
    return add(target, named, metadata);
  }

  private Argument.Ref add(String target, List<NamedArgument> arguments, Map<String, String> with) {
    Node.Call draft = new Node.Call(baseName(target), target, arguments, Value.NOTHING, with);
    Value value =
        OutputRules.infer(draft, this::value)
            .orElseThrow(() -> new IllegalStateException("No output rule for " + target));
    Node.Call call = new Node.Call(freshName(editor, target), target, arguments, value, with);
    return add(call);
  }

  /** Adds a node that was made elsewhere, for example a constant. */
  public Argument.Ref add(Node node) {
    pending.add(node);
    byName.put(node.name(), node);
    return Argument.ref(node.name());
  }

  /** A free name for a call of {@code target}, as FX would choose it. */
  public static String freshName(GraphEditor editor, String target) {
    String base = baseName(target);
    return TAKEN.contains(base) ? editor.freshNumberedName(base) : editor.freshName(base);
  }

  /** The name of a first call of {@code target}: {@code conv2d} for {@code aten.conv2d.default}. */
  public static String baseName(String target) {
    String[] parts = target.split("\\.");
    boolean overloaded =
        parts.length > 2 && !target.startsWith("_operator.") && !target.startsWith("higher_order.");
    String base = overloaded ? parts[1] : parts[parts.length - 1];
    boolean magic = base.startsWith("__") && base.endsWith("__");
    return magic ? base.substring(2, base.length() - 2) : base;
  }

  /** Whether FX does not give {@code base} itself as a name, since Python has it. */
  public static boolean isTaken(String base) {
    return TAKEN.contains(base);
  }

  /** What the node called {@code name} computes, whether written already or not. */
  public Value value(String name) {
    Node node = byName.get(name);
    return node == null ? editor.node(name).value() : node.value();
  }

  /**
   * Type and shape of {@code tensor}.
   *
   * @throws IllegalArgumentException if it is no tensor
   */
  public TensorSpec spec(Argument.Ref tensor) {
    return value(tensor.node())
        .tensor()
        .orElseThrow(() -> new IllegalArgumentException(tensor.node() + " is no single tensor"));
  }

  /** Puts all nodes written so far right before the one called {@code anchor}. */
  public void commit(String anchor) {
    pending.forEach(node -> editor.insertBefore(anchor, node));
    pending.clear();
    byName.clear();
  }

  /**
   * {@code sizes} as the argument of a view; one symbolic extent is written as -1.
   *
   * @throws SymbolicShapeException if there are several
   */
  public static Argument sizes(List<Dim> sizes) {
    long symbols = sizes.stream().filter(d -> d.fixed().isEmpty()).count();
    if (symbols > 1) {
      throw new SymbolicShapeException("the shape " + sizes + " has several symbols");
    }
    return new Argument.IntList(sizes.stream().map(d -> d.fixed().orElse(-1)).toList());
  }

  /** {@code dtype} as a keyword argument. */
  public static NamedArgument dtype(DType type) {
    return NamedArgument.keyword("dtype", new Argument.ScalarTypeValue(type));
  }
}
