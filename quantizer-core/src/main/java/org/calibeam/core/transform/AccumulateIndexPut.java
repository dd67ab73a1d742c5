package org.calibeam.core.transform;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/**
 * {@code index_put(x, i, v, accumulate=True)} → {@code index_put(x, i, index(x, i) + v)}.
 *
 * <p>As in the reference, which is right as long as no index occurs twice; a constant index that
 * does is left.
 */
final class AccumulateIndexPut extends OperatorRewrite {

  AccumulateIndexPut() {
    super(Gate.SKIPPED, "aten.index_put.default", "aten.index_put_.default");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument x = arguments.get("self");
    Argument indices = arguments.get("indices");
    Argument values = arguments.get("values");
    if (arguments.flag("accumulate")) {
      if (repeats(arguments, rewriting)) {
        rewriting.note(call, "an index occurs twice, so it is not decomposed");
        return Optional.empty();
      }
      Argument.Ref there = emit.call("aten.index.Tensor", x, indices);
      values = emit.call("aten.add.Tensor", there, values);
    }
    return Optional.of(emit.call(call.target(), x, indices, values));
  }

  private static boolean repeats(Arguments arguments, Rewriting rewriting) {
    List<Argument.Ref> indices = arguments.tensors("indices");
    return indices.size() == 1
        && rewriting
            .data(indices.get(0))
            .filter(d -> d.dtype().isInteger())
            .map(d -> Arrays.stream(d.toLongs()).distinct().count() < d.elements())
            .orElse(false);
  }
}
