package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;

/** How calls that run graphs lay out their arguments. */
final class ControlFlow {
  private static final String PREFIX = "higher_order.";

  private ControlFlow() {}

  static boolean is(Node.Call call) {
    return call.target().startsWith(PREFIX);
  }

  /**
   * Whether the call runs its one graph in place, only in another mode of autograd or autocast;
   * neither changes what a CPU forward in inference mode computes if autocast is off.
   */
  static boolean isTransparent(Node.Call call) {
    return call.isTarget(PREFIX + "wrap_with_set_grad_enabled")
        || call.isTarget(PREFIX + "wrap_with_autocast")
            && call.arguments().stream().anyMatch(a -> a.value().equals(Argument.of(false)));
  }

  /** What goes into the graphs: everything after them, lists taken apart. */
  static List<Argument> operands(Node.Call call) {
    List<Argument> operands = new ArrayList<>();
    boolean after = false;
    for (NamedArgument argument : call.arguments()) {
      Argument value = argument.value();
      if (value instanceof Argument.Sub) {
        after = true;
      } else if (after) {
        operands.addAll(elements(value));
      }
    }
    return operands;
  }

  /** Number of operands of a loop that are carried from one iteration to the next. */
  static int carried(Node.Call loop) {
    for (NamedArgument argument : loop.arguments()) {
      if (!(argument.value() instanceof Argument.Sub)) {
        return elements(argument.value()).size();
      }
    }
    return 0;
  }

  private static List<Argument> elements(Argument value) {
    if (value instanceof Argument.Refs refs) {
      return List.copyOf(refs.refs());
    }
    if (value instanceof Argument.SymList list) {
      return list.values();
    }
    return List.of(value);
  }
}
