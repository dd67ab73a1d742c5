package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;

/**
 * A call of {@code cond} or {@code while_loop} seen as branches and the operands they only read:
 * all operands of a cond, the additional inputs of a while_loop. In both they are the fourth
 * argument, and the last placeholders of every branch.
 *
 * @param operands node names, in order
 */
record ClosedOver(Node.Call call, List<String> operands) {
  private static final int OPERANDS = 3;

  /** This view of {@code node}, empty if it is another operator. */
  static Optional<ClosedOver> of(Node node) {
    if (node instanceof Node.Call call
        && (call.isTarget(Node.Call.COND) || call.isTarget(Node.Call.WHILE_LOOP))
        && call.argument(OPERANDS).orElse(Argument.NONE) instanceof Argument.Refs refs
        && call.subgraphs().allMatch(s -> s.graph().placeholders().size() >= refs.refs().size())) {
      return Optional.of(
          new ClosedOver(call, refs.refs().stream().map(Argument.Ref::node).toList()));
    }
    return Optional.empty();
  }

  List<Argument.Sub> branches() {
    return call.subgraphs().toList();
  }

  /** The placeholders of {@code branch} that stand for the operands, in their order. */
  List<Node.Placeholder> placeholders(Argument.Sub branch) {
    List<Node.Placeholder> all = branch.graph().placeholders();
    return all.subList(all.size() - operands.size(), all.size());
  }

  /** The call with other branches, in the same order, and other operands. */
  Node.Call with(List<Argument.Sub> branches, List<String> others) {
    List<NamedArgument> arguments = new ArrayList<>(call.arguments());
    int next = 0;
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i).value() instanceof Argument.Sub) {
        arguments.set(i, arguments.get(i).withValue(branches.get(next++)));
      }
    }
    arguments.set(OPERANDS, arguments.get(OPERANDS).withValue(Argument.refs(others)));
    return call.withArguments(arguments);
  }
}
