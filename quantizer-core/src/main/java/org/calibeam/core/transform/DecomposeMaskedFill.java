package org.calibeam.core.transform;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code masked_fill(x, mask, v)} → {@code where(mask, full_like(x, v), x)} for a number v. */
final class DecomposeMaskedFill extends OperatorRewrite {

  DecomposeMaskedFill() {
    super(Gate.IGNORED, "aten.masked_fill.Scalar", "aten.masked_fill_.Scalar");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    Argument x = arguments.get("self");
    Argument.Ref filled = emit.call("aten.full_like.default", x, arguments.get("value"));
    return Optional.of(emit.call("aten.where.self", arguments.get("mask"), filled, x));
  }
}
