package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;

/** {@code add_(x, y)} → {@code add(x, y)}, and so for subtraction, multiplication and division. */
final class RewriteInplaceArithmetic extends OperatorRewrite {

  RewriteInplaceArithmetic() {
    super(
        Gate.SKIPPED,
        "aten.add_.Tensor",
        "aten.sub_.Tensor",
        "aten.mul_.Tensor",
        "aten.div_.Tensor");
  }

  @Override
  Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting) {
    List<NamedArgument> given = call.arguments();
    List<Argument> positional =
        given.stream()
            .filter(a -> a.kind() != NamedArgument.Kind.KEYWORD)
            .map(NamedArgument::value)
            .toList();
    return Optional.of(
        emit.call(
            call.target().replace("_.", "."),
            positional,
            given.subList(positional.size(), given.size()).toArray(NamedArgument[]::new)));
  }
}
