package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;

/** {@code index_copy(x, dim, i, y)} → {@code index_put(x, [None, …, i], y)}. */
final class DecomposeIndexCopy extends OperatorRewrite {

  DecomposeIndexCopy() {
    super(Gate.SKIPPED, "aten.index_copy.default", "aten.index_copy_.default");
  }

  @Override
  Outcome outcome(boolean changed) {
    return Outcome.KEPT;
  }

  @Override
  Map<String, String> metadata(Node.Call call) {
    return module(call);
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref x = arguments.tensor("self").orElseThrow();
    int dim = Geometry.axis(arguments.integer("dim").orElseThrow(), emit.spec(x).rank());
    List<Optional<Argument.Ref>> indices =
        new ArrayList<>(Collections.nCopies(dim, Optional.empty()));
    indices.add(arguments.tensor("index"));
    return Optional.of(
        emit.call(
            call.target().replace("index_copy", "index_put"),
            x,
            new Argument.OptionalRefs(indices),
            arguments.get("source")));
  }
}
