package org.calibeam.core.transform;

import java.util.Set;
import org.calibeam.core.graph.Node;

/**
 * {@code _assert_scalar(s); y = f(x)} → {@code y = f(x)}.
 *
 * <p>Then removes whatever nothing reads, constants included.
 */
final class RemoveGraphAsserts implements Rewrite {
  private static final Set<String> ASSERTS =
      Set.of(
          "aten._assert_async.msg",
          "aten._assert_scalar.default",
          "aten._assert_tensor_metadata.default",
          "aten.sym_constrain_range.default",
          "aten.sym_constrain_range_for_size.default");

  @Override
  public Outcome apply(Rewriting rewriting) {
    for (Node.Call call : rewriting.calls()) {
      if (ASSERTS.contains(call.target())) {
        rewriting.editor().remove(call.name());
      }
    }
    rewriting.removeDead();
    return Outcome.KEPT;
  }
}
