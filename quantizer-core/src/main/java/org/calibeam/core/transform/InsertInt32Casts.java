package org.calibeam.core.transform;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code f(i)} → {@code f(_to_dim_order_copy(i, dtype=int32))} for every int64 input and constant,
 * since the backend has no int64.
 *
 * <p>{@code one_hot} and others that take nothing but int64 get a cast back; the reference does so
 * for {@code one_hot} alone, and cannot run the rest. Values beyond int32 are not looked for.
 */
final class InsertInt32Casts implements Rewrite {
  static final String CAST = "dim_order_ops._to_dim_order_copy.default";

  /** Operators that take no int32, and where they take it. */
  private static final Map<String, Integer> NEED_INT64 =
      Map.of(
          "aten.one_hot.default", 0,
          "aten.take.default", 1,
          "aten.take_along_dim.default", 1,
          "aten.index_copy.default", 2,
          "aten.index_copy_.default", 2,
          "aten.index_fill.int_Scalar", 2,
          "aten.index_fill.int_Tensor", 2);

  @Override
  public Outcome apply(Rewriting rewriting) {
    GraphEditor editor = rewriting.editor();
    boolean changed = false;
    for (Node node : rewriting.before().nodes()) {
      boolean source = node instanceof Node.Placeholder || node instanceof Node.GetAttr;
      if (source && node.spec().map(s -> s.dtype() == DType.INT64).orElse(false)) {
        changed = true;
        insertAfter(node, DType.INT32, editor);
      }
    }
    for (Node.Call call : rewriting.calls()) {
      boolean first = changed || call.isTarget("aten.one_hot.default");
      if (first && NEED_INT64.containsKey(call.target())) {
        changed = true;
        int at = Objects.requireNonNull(NEED_INT64.get(call.target()));
        Node.Call current = (Node.Call) editor.node(call.name());
        Node source = editor.node(current.ref(at).orElseThrow());
        Node.Call cast = cast(source, DType.INT64, editor);
        editor.insertBefore(call.name(), cast);
        editor.replaceUses(source.name(), cast.name(), n -> n.name().equals(call.name()));
      }
    }
    if (changed) {
      rewriting.removeDead();
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  /** Casts {@code node} right behind it and makes all its readers read the cast. */
  static Node.Call insertAfter(Node node, DType dtype, GraphEditor editor) {
    Node.Call cast = cast(node, dtype, editor);
    editor.insertAfter(node.name(), cast);
    editor.replaceUses(node.name(), cast.name(), n -> !n.name().equals(cast.name()));
    editor.setOutputs(
        editor.outputs().stream()
            .map(o -> o.renamed(n -> n.equals(node.name()) ? cast.name() : n))
            .toList());
    return cast;
  }

  /** A cast of {@code node} that is not in the graph yet. */
  static Node.Call cast(Node node, DType dtype, GraphEditor editor) {
    TensorSpec spec = Rewriting.firstSpec(node);
    return new Node.Call(
        CallEmitter.freshName(editor, CAST),
        CAST,
        List.of(
            NamedArgument.positional("self", Argument.ref(node.name())), CallEmitter.dtype(dtype)),
        new Value.Tensor(spec.withDType(dtype)),
        Map.of());
  }
}
