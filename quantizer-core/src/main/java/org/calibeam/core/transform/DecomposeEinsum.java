package org.calibeam.core.transform;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code einsum("bij,bjk->bik", [x, y])} → views around {@code bmm}, see {@link EinsteinSum}. */
final class DecomposeEinsum extends OperatorRewrite {

  DecomposeEinsum() {
    super(Gate.SKIPPED, "aten.einsum.default");
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
    List<Argument.Ref> operands = arguments.tensors("tensors");
    Optional<EinsteinSum> sum =
        EinsteinSum.parse(
            arguments.text("equation").orElse(""),
            operands.stream().map(o -> emit.spec(o).rank()).toList());
    if (sum.isEmpty() || !arguments.isNone("path")) {
      rewriting.note(call, "an einsum with a label twice in an operand or with a path stays");
      return Optional.empty();
    }
    return Optional.of(sum.get().write(operands, emit));
  }
}
