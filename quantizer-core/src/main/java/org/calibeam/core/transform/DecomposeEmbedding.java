package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.Dim;

/**
 * {@code embedding(w, i)} → {@code reshape(index_select(w, 0, reshape(i, [n])), shape(i) + [d])}.
 *
 * <p>The new nodes carry no metadata, as in the reference.
 */
final class DecomposeEmbedding extends OperatorRewrite {

  DecomposeEmbedding() {
    super(Gate.SKIPPED, "aten.embedding.default");
  }

  @Override
  Outcome outcome(boolean changed) {
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  @Override
  Map<String, String> metadata(Node.Call call) {
    return Map.of();
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument.Ref weight = arguments.tensor("weight").orElseThrow();
    Argument.Ref indices = arguments.tensor("indices").orElseThrow();
    List<Dim> shape = new ArrayList<>(emit.spec(indices).sizes());
    Argument count = CallEmitter.sizes(List.of(Geometry.product(shape)));
    Argument.Ref flat = emit.call("aten.reshape.default", indices, count);
    Argument.Ref rows = emit.call("aten.index_select.default", weight, Argument.of(0), flat);
    shape.add(emit.spec(weight).sizes().get(1));
    return Optional.of(emit.call("aten.reshape.default", rows, CallEmitter.sizes(shape)));
  }
}
