package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.ops.SymbolicShapeException;
import org.calibeam.core.tensor.Dim;

/**
 * {@code gru(x, h)} → per step, with the slices r, z, n of {@code linear(x)} and {@code linear(h)}:
 * {@code r = sigmoid(r_x + r_h)}, {@code z = sigmoid(z_x + z_h)}, {@code n = tanh(n_x + r * n_h)},
 * {@code h = n + z * (h - n)}. Without a batch dimension the layer stays.
 */
final class DecomposeGru implements Rewrite {

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call seen : rewriting.calls()) {
      if (!seen.isTarget("aten.gru.input") || !rewriting.isAllowed(seen)) {
        continue;
      }
      Node.Call call = (Node.Call) rewriting.editor().node(seen.name());
      Argument.Ref initial = Arguments.of(call).tensor("hx").orElseThrow();
      if (rewriting.spec(initial).rank() != 3) {
        rewriting.note(call, "a recurrent layer without a batch dimension is not unrolled");
        continue;
      }
      try {
        new RecurrentUnroller(
                call, rewriting, DecomposeGru::step, RecurrentUnroller.Join.STEPS_FIRST)
            .replace(List.of(initial));
        changed = true;
      } catch (SymbolicShapeException e) {
        rewriting.note(call, "%s does not apply: %s".formatted(name(), e.getMessage()));
      }
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  private static List<Argument.Ref> step(
      CallEmitter emit,
      Argument.Ref x,
      List<Argument.Ref> states,
      RecurrentUnroller.Weights weights) {
    Argument.Ref hidden = states.get(0);
    List<Dim> sizes = emit.spec(hidden).sizes();
    long size = Geometry.number(sizes.get(sizes.size() - 1));
    Argument.Ref ofInput = weights.ofInput(emit, x);
    Argument.Ref ofHidden = weights.ofHidden(emit, hidden);
    List<Argument.Ref> xs = gates(emit, ofInput, size);
    List<Argument.Ref> hs = gates(emit, ofHidden, size);
    Argument.Ref resetSum = emit.call("aten.add.Tensor", xs.get(0), hs.get(0));
    Argument.Ref reset = emit.call("aten.sigmoid.default", resetSum);
    Argument.Ref updateSum = emit.call("aten.add.Tensor", xs.get(1), hs.get(1));
    Argument.Ref update = emit.call("aten.sigmoid.default", updateSum);
    Argument.Ref remembered = emit.call("aten.mul.Tensor", reset, hs.get(2));
    Argument.Ref newSum = emit.call("aten.add.Tensor", xs.get(2), remembered);
    Argument.Ref fresh = emit.call("aten.tanh.default", newSum);
    Argument.Ref difference = emit.call("aten.sub.Tensor", hidden, fresh);
    Argument.Ref kept = emit.call("aten.mul.Tensor", update, difference);
    return List.of(emit.call("aten.add.Tensor", fresh, kept));
  }

  private static List<Argument.Ref> gates(CallEmitter emit, Argument.Ref all, long size) {
    List<Argument.Ref> gates = new ArrayList<>();
    for (long i = 0; i < 3; i++) {
      gates.add(emit.call("aten.slice_copy.Tensor", all, of(1), of(i * size), of((i + 1) * size)));
    }
    return gates;
  }
}
