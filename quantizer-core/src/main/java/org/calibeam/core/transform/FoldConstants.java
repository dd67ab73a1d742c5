package org.calibeam.core.transform;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.TensorData;

/**
 * {@code linear(x, mul(w, 2.0))} → {@code linear(x, _frozen_param0)}.
 *
 * <p>Folds pure calls of which every tensor is a constant; at least one must be, so {@code full}
 * and {@code arange} stay. Dequantization stays too, so that a quantized constant is not turned
 * back into a float one. A folded weight or bias is a parameter as before.
 */
final class FoldConstants implements Rewrite {
  private static final Set<String> LAYERS =
      Set.of(
          "aten.linear.default",
          "aten.convolution.default",
          "aten.conv1d.default",
          "aten.conv1d.padding",
          "aten.conv2d.default",
          "aten.conv2d.padding",
          "aten.conv3d.default",
          "aten.conv3d.padding",
          "aten.conv_transpose2d.input");

  private final ConstantEvaluator evaluator;

  FoldConstants(ConstantEvaluator evaluator) {
    this.evaluator = evaluator;
  }

  @Override
  public Outcome apply(Rewriting rewriting) {
    Map<String, List<TensorData>> known = new HashMap<>();
    Map<String, TensorData> folded = new LinkedHashMap<>();
    for (Node node : rewriting.before().nodes()) {
      if (node instanceof Node.GetAttr attr && !rewriting.isWritten(attr.constant())) {
        Objects.requireNonNull(rewriting.constants().get(attr.constant()))
            .data()
            .ifPresent(data -> known.put(node.name(), List.of(data)));
      } else if (node instanceof Node.Call call && isFoldable(call, known)) {
        evaluate(call, known)
            .ifPresent(
                results -> {
                  known.put(call.name(), results);
                  if (call.value() instanceof Value.Tensor) {
                    folded.put(call.name(), results.get(0));
                  }
                });
      }
    }
    folded.forEach(
        (name, data) -> {
          boolean within =
              !rewriting.before().isOutput(name)
                  && folded.keySet().containsAll(rewriting.before().users(name));
          if (!within) {
            freeze(rewriting, (Node.Call) rewriting.editor().node(name), data);
          }
        });
    rewriting.removeDead();
    return Outcome.KEPT;
  }

  private static boolean isFoldable(Node.Call call, Map<String, List<TensorData>> known) {
    List<String> references = call.references().toList();
    return !references.isEmpty()
        && known.keySet().containsAll(references)
        && call.subgraphs().findAny().isEmpty()
        && !Operators.isRandom(call.target())
        && !QuantizedDecomposed.isDequantize(call);
  }

  private Optional<List<TensorData>> evaluate(Node.Call call, Map<String, List<TensorData>> known) {
    if (call.isTarget(Node.Call.GETITEM)) {
      List<TensorData> elements = Objects.requireNonNull(known.get(call.ref(0).orElseThrow()));
      return call.argument(1)
          .filter(Argument.IntValue.class::isInstance)
          .map(a -> (int) ((Argument.IntValue) a).value())
          .filter(i -> i >= 0 && i < elements.size())
          .map(i -> List.of(elements.get(i)));
    }
    return evaluator.evaluate(call, name -> Objects.requireNonNull(known.get(name)).get(0));
  }

  private static void freeze(Rewriting rewriting, Node.Call call, TensorData data) {
    GraphEditor editor = rewriting.editor();
    boolean weight =
        editor.users(call.name()).stream()
            .map(editor::node)
            .map(Node.Call.class::cast)
            .anyMatch(
                user ->
                    LAYERS.contains(user.target())
                        && (user.ref(1).filter(call.name()::equals).isPresent()
                            || user.ref(2).filter(call.name()::equals).isPresent()));
    Constant constant =
        weight
            ? new Constant(Constant.Kind.PARAMETER, Optional.of(data), false)
            : Constant.buffer(data);
    String name = rewriting.freshConstantName("_frozen_param");
    rewriting.constants().put(name, constant);
    editor.replace(
        new Node.GetAttr(call.name(), name, new Value.Tensor(data.spec()), call.metadata()));
  }
}
