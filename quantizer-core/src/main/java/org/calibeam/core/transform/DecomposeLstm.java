package org.calibeam.core.transform;

import static org.calibeam.core.graph.Argument.of;

import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.ops.SymbolicShapeException;
import org.calibeam.core.tensor.Dim;

/**
 * {@code lstm(x, [h, c])} → per step {@code g = linear(x) + linear(h)}, {@code c = sigmoid(g_f) * c
 * + sigmoid(g_i) * tanh(g_g)}, {@code h = sigmoid(g_o) * tanh(c)}, the gates being slices of g.
 */
final class DecomposeLstm implements Rewrite {

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call call : rewriting.calls()) {
      if (!rewriting.isAllowed(call)) {
        continue;
      }
      try {
        if (call.isTarget("aten.lstm.input")) {
          Node.Call layer = (Node.Call) rewriting.editor().node(call.name());
          new RecurrentUnroller(
                  layer, rewriting, DecomposeLstm::step, RecurrentUnroller.Join.STEPS_FIRST)
              .replace(Arguments.of(layer).tensors("hx"));
          changed = true;
        } else if (call.isTarget("aten.lstm_cell.default")) {
          replaceCell((Node.Call) rewriting.editor().node(call.name()), rewriting);
          changed = true;
        }
      } catch (SymbolicShapeException e) {
        rewriting.note(call, "%s does not apply: %s".formatted(name(), e.getMessage()));
      }
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  private static void replaceCell(Node.Call call, Rewriting rewriting) {
    Arguments arguments = Arguments.of(call);
    CallEmitter emit = rewriting.emitter(call.metadata());
    RecurrentUnroller.Weights weights =
        new RecurrentUnroller.Weights(
            arguments.get("w_ih"),
            arguments.get("w_hh"),
            arguments.get("b_ih"),
            arguments.get("b_hh"));
    List<Argument.Ref> states =
        step(emit, arguments.tensor("input").orElseThrow(), arguments.tensors("hx"), weights);
    emit.commit(call.name());
    RecurrentUnroller.replaceResults(call, states, rewriting);
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
    Argument.Ref gates = emit.call("aten.add.Tensor", ofInput, ofHidden);
    Argument.Ref inPart = gate(emit, gates, 0, size);
    Argument.Ref forgetPart = gate(emit, gates, 1, size);
    Argument.Ref newPart = gate(emit, gates, 2, size);
    Argument.Ref outPart = gate(emit, gates, 3, size);
    Argument.Ref in = emit.call("aten.sigmoid.default", inPart);
    Argument.Ref forget = emit.call("aten.sigmoid.default", forgetPart);
    Argument.Ref fresh = emit.call("aten.tanh.default", newPart);
    Argument.Ref out = emit.call("aten.sigmoid.default", outPart);
    Argument.Ref kept = emit.call("aten.mul.Tensor", forget, states.get(1));
    Argument.Ref added = emit.call("aten.mul.Tensor", in, fresh);
    Argument.Ref memory = emit.call("aten.add.Tensor", kept, added);
    Argument.Ref squashed = emit.call("aten.tanh.default", memory);
    return List.of(emit.call("aten.mul.Tensor", out, squashed), memory);
  }

  private static Argument.Ref gate(CallEmitter emit, Argument.Ref gates, long index, long size) {
    return emit.call(
        "aten.slice_copy.Tensor", gates, of(-1), of(index * size), of((index + 1) * size));
  }
}
