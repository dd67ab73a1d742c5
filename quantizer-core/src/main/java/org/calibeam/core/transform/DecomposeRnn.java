package org.calibeam.core.transform;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.SymbolicShapeException;

/** {@code rnn_tanh(x, h)} → per step {@code h = tanh(linear(x) + linear(h))}, also with relu. */
final class DecomposeRnn implements Rewrite {
  private static final Map<String, String> ACTIVATIONS =
      Map.of(
          "aten.rnn_tanh.input", "aten.tanh.default",
          "aten.rnn_relu.input", "aten.relu.default");

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call seen : rewriting.calls()) {
      if (!ACTIVATIONS.containsKey(seen.target()) || !rewriting.isAllowed(seen)) {
        continue;
      }
      Node.Call call = (Node.Call) rewriting.editor().node(seen.name());
      String activation = Objects.requireNonNull(ACTIVATIONS.get(call.target()));
      RecurrentUnroller.Cell cell =
          (emit, x, states, weights) -> {
            Argument.Ref ofInput = weights.ofInput(emit, x);
            Argument.Ref ofHidden = weights.ofHidden(emit, states.get(0));
            Argument.Ref sum = emit.call("aten.add.Tensor", ofInput, ofHidden);
            return List.of(emit.call(activation, sum));
          };
      try {
        new RecurrentUnroller(call, rewriting, cell, RecurrentUnroller.Join.TIME_FIRST)
            .replace(List.of(Arguments.of(call).tensor("hx").orElseThrow()));
        changed = true;
      } catch (SymbolicShapeException e) {
        rewriting.note(call, "%s does not apply: %s".formatted(name(), e.getMessage()));
      }
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }
}
