package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/** The graph under the hands of one rewrite, with the program's constants. */
final class Rewriting {
  private final GraphAndConstants input;
  private final GraphEditor editor;
  private final Map<String, Constant> constants;
  private final List<String> notes = new ArrayList<>();

  Rewriting(GraphAndConstants input) {
    this.input = input;
    editor = new GraphEditor(input.graph());
    constants = new LinkedHashMap<>(input.constants());
  }

  /** The graph as it was before this rewrite. */
  Graph before() {
    return input.graph();
  }

  GraphEditor editor() {
    return editor;
  }

  Map<String, Constant> constants() {
    return constants;
  }

  List<String> notes() {
    return notes;
  }

  /** Says that a rewrite did not fire at {@code node}, and why. */
  void note(Node node, String why) {
    notes.add(node.name() + ": " + why);
  }

  /** Whether {@code node} may be decomposed; nodes without a mark may. */
  boolean isAllowed(Node node) {
    return !"true".equals(node.metadata().get(TransformForAnnotation.DISALLOW));
  }

  /** The calls as they were at the start of this rewrite and still are there. */
  List<Node.Call> calls() {
    return before().calls().stream()
        .filter(c -> editor.contains(c.name()))
        .map(c -> (Node.Call) editor.node(c.name()))
        .toList();
  }

  /** The call behind {@code reference}, empty for an input or a constant. */
  Optional<Node.Call> call(Argument reference) {
    return reference instanceof Argument.Ref ref && editor.node(ref.node()) instanceof Node.Call c
        ? Optional.of(c)
        : Optional.empty();
  }

  TensorSpec spec(Argument.Ref ref) {
    return editor
        .node(ref.node())
        .spec()
        .orElseThrow(() -> new IllegalArgumentException(ref.node() + " is no single tensor"));
  }

  /** Type and shape of what {@code node} computes; of the first result if there are several. */
  static TensorSpec firstSpec(Node node) {
    Value value = node.value();
    if (value instanceof Value.Several several) {
      value = several.elements().get(0);
    }
    return value
        .tensor()
        .orElseThrow(() -> new IllegalArgumentException(node.name() + " is no tensor"));
  }

  /** The constant that {@code reference} reads. */
  Optional<Node.GetAttr> getAttr(Argument reference) {
    return reference instanceof Argument.Ref ref
            && editor.node(ref.node()) instanceof Node.GetAttr attr
        ? Optional.of(attr)
        : Optional.empty();
  }

  /** The values of the constant that {@code reference} reads. */
  Optional<TensorData> data(Argument reference) {
    return getAttr(reference)
        .flatMap(a -> Optional.ofNullable(constants.get(a.constant())))
        .flatMap(Constant::data);
  }

  /** Whether the program writes the constant called {@code name} while it runs. */
  boolean isWritten(String name) {
    return input.written().contains(name);
  }

  /** Whether the value of {@code attr}'s constant may change: only {@code attr} reads it. */
  boolean isOwned(Node.GetAttr attr) {
    boolean readTwice =
        editor.nodes().stream()
            .anyMatch(
                n ->
                    n instanceof Node.GetAttr other
                        && !other.name().equals(attr.name())
                        && other.constant().equals(attr.constant()));
    return !readTwice
        && !input.usedElsewhere().contains(attr.constant())
        && !isWritten(attr.constant());
  }

  /**
   * Gives the constant that {@code attr} reads another value: in its place if nothing else reads
   * it, else as a constant of its own.
   */
  void setValue(Node.GetAttr attr, TensorData value) {
    Constant constant = Objects.requireNonNull(constants.get(attr.constant())).withData(value);
    String name = attr.constant();
    if (!isOwned(attr)) {
      name = freshConstantName(name + "_folded_");
    }
    constants.put(name, constant);
    editor.replace(
        new Node.GetAttr(attr.name(), name, new Value.Tensor(value.spec()), attr.metadata()));
  }

  /** Number of readers of {@code name}, all outputs being one. */
  int userCount(String name) {
    return editor.users(name).size() + (editor.isOutput(name) ? 1 : 0);
  }

  CallEmitter emitter(Map<String, String> metadata) {
    return new CallEmitter(editor, metadata);
  }

  /** An unused name for a constant: {@code prefix} and the first free number. */
  String freshConstantName(String prefix) {
    for (int i = 0; ; i++) {
      if (!constants.containsKey(prefix + i)) {
        return prefix + i;
      }
    }
  }

  /** A node for a new constant; the node is not in the graph yet. */
  Node.GetAttr newConstant(String prefix, Constant constant, Map<String, String> metadata) {
    String name = freshConstantName(prefix);
    constants.put(name, constant);
    return new Node.GetAttr(
        editor.freshName(name), name, new Value.Tensor(constant.tensor().spec()), metadata);
  }

  /** Makes every reader of {@code call} read {@code result} and removes the call. */
  void replace(Node.Call call, Argument.Ref result) {
    editor.replaceUses(call.name(), result.node());
    editor.remove(call.name());
  }

  /** Removes what nothing reads, as {@code Graph.eliminate_dead_code} does. */
  void removeDead() {
    editor.removeDead(n -> n instanceof Node.Call call && !Operators.isPure(call.target()));
  }
}
