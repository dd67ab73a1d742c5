package org.calibeam.core.inspect;

import java.util.Locale;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.TensorSpec;

/** Types and shapes as people write them. */
final class TypeText {
  private TypeText() {}

  static String of(Node node) {
    if (node.value() instanceof Value.Symbol symbol) {
      return "symbolic " + symbol.kind().name().toLowerCase(Locale.ROOT);
    }
    if (node.value() instanceof Value.Literal) {
      return "literal";
    }
    return node.spec().map(TypeText::of).orElse("several values");
  }

  /** For example {@code float32[s77, 3]} where the archive has sympy expressions. */
  static String of(TensorSpec spec) {
    return spec.toString()
        .replaceAll("Symbol\\('([^']*)'[^)]*\\)", "$1")
        .replaceAll("Integer\\((-?\\d+)\\)", "$1");
  }
}
