package org.calibeam.core.transform;

import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.SymbolicShapeException;

/**
 * {@code matmul(x, y)} → {@code mm} or {@code bmm} with the views around it, see {@link
 * MatrixProduct}. Leaves a product with a vector on the right.
 */
final class DecomposeMatmul implements Rewrite {

  @Override
  public Layout apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call seen : rewriting.calls()) {
      if (seen.isTarget("aten.matmul.default") && rewriting.isAllowed(seen)) {
        changed |= replace((Node.Call) rewriting.editor().node(seen.name()), rewriting);
      }
    }
    return changed ? Layout.RETRACED : Layout.KEPT;
  }

  private boolean replace(Node.Call call, Rewriting rewriting) {
    Arguments arguments = Arguments.of(call);
    Optional<Argument.Ref> x = arguments.tensor("self");
    Optional<Argument.Ref> y = arguments.tensor("other");
    if (x.isEmpty() || y.isEmpty() || rewriting.spec(y.get()).rank() < 2) {
      return false;
    }
    try {
      var emit = rewriting.emitter(moduleOf(call));
      Argument.Ref product = new MatrixProduct(emit).of(x.get(), y.get());
      emit.commit(call.name());
      rewriting.replace(call, product);
      return true;
    } catch (SymbolicShapeException e) {
      rewriting.note(call, "%s does not apply: %s".formatted(name(), e.getMessage()));
      return false;
    }
  }

  /** What nodes traced from a call keep of its metadata: its module, but not its gate. */
  static Map<String, String> moduleOf(Node.Call call) {
    String stack = call.metadata().get("nn_module_stack");
    return stack == null ? Map.of() : Map.of("nn_module_stack", stack);
  }
}
