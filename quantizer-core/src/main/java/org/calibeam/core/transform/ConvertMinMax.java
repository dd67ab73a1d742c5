package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code max(x, dim)[0]} → {@code amax(x, dim, True)}, and {@code squeeze} of it unless keepdim.
 *
 * <p>Does not fire where the indices are used; the reference fails there.
 */
final class ConvertMinMax implements Rewrite {

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call call : rewriting.calls()) {
      boolean extreme = call.isTarget("aten.max.dim") || call.isTarget("aten.min.dim");
      if (extreme && rewriting.isAllowed(call)) {
        changed |= replace((Node.Call) rewriting.editor().node(call.name()), rewriting);
      }
    }
    if (changed) {
      rewriting.removeDead();
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  private static boolean replace(Node.Call call, Rewriting rewriting) {
    GraphEditor editor = rewriting.editor();
    Optional<String> values = Optional.empty();
    for (String user : editor.users(call.name())) {
      Node.Call getitem = (Node.Call) editor.node(user);
      boolean first = getitem.argument(1).equals(Optional.of(Argument.of(0)));
      if (getitem.isTarget(Node.Call.GETITEM) && first) {
        values = Optional.of(user);
      } else if (rewriting.userCount(user) > 0) {
        rewriting.note(call, "its indices are used, so it is not decomposed");
        return false;
      }
    }
    if (values.isEmpty() || editor.isOutput(call.name())) {
      return false;
    }
    Arguments arguments = Arguments.of(call);
    CallEmitter emit = rewriting.emitter(call.metadata());
    String target = call.isTarget("aten.max.dim") ? "aten.amax.default" : "aten.amin.default";
    long dim = arguments.integer("dim").orElseThrow();
    Argument.Ref result =
        emit.call(target, arguments.get("self"), Argument.of(dim), Argument.of(true));
    if (!arguments.flag("keepdim")) {
      result = emit.call("aten.squeeze.dims", result, new Argument.IntList(List.of(dim)));
    }
    emit.commit(call.name());
    editor.replaceUses(values.get(), result.node());
    return true;
  }
}
