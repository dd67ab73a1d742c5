package org.calibeam.core.pt2;

import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Argument.SymKind;
import org.calibeam.core.graph.Value;

/** What one graph says about the tensors and symbolic numbers it names. */
final class ValueReader {
  private final JsonView tensors;
  private final Map<SymKind, JsonView> symbols = new EnumMap<>(SymKind.class);

  ValueReader(JsonView graph) {
    tensors = graph.at("tensor_values");
    symbols.put(SymKind.INT, graph.at("sym_int_values"));
    symbols.put(SymKind.BOOL, graph.at("sym_bool_values"));
    graph.find("sym_float_values").ifPresent(s -> symbols.put(SymKind.FLOAT, s));
  }

  /** Every name that is described. */
  Set<String> names() {
    Set<String> names = new HashSet<>(tensors.members().keySet());
    symbols.values().forEach(s -> names.addAll(s.members().keySet()));
    return names;
  }

  /** Whether an output is one tensor or number that later nodes can name. */
  static boolean isNamed(JsonView.Variant variant) {
    return switch (variant.kind()) {
      case "as_tensor" -> true;
      case "as_sym_int", "as_sym_float", "as_sym_bool" ->
          variant.value().find("as_name").isPresent();
      default -> false;
    };
  }

  /** The name of an output that {@link #isNamed}. */
  static String name(JsonView.Variant variant) {
    return variant.value().at(variant.is("as_tensor") ? "name" : "as_name").identifier();
  }

  /** The value of an output that {@link #isNamed}. */
  Value read(JsonView.Variant variant) {
    String name = name(variant);
    return switch (variant.kind()) {
      case "as_tensor" -> tensor(variant.value(), name);
      case "as_sym_int" -> symbol(SymKind.INT, variant.value(), name);
      case "as_sym_float" -> symbol(SymKind.FLOAT, variant.value(), name);
      default -> symbol(SymKind.BOOL, variant.value(), name);
    };
  }

  /**
   * The tensor called {@code name}.
   *
   * @param use where it is named, for messages
   */
  Value tensor(JsonView use, String name) {
    return new Value.Tensor(
        TensorFormat.readSpec(
            tensors
                .find(name)
                .orElseThrow(() -> use.error("tensor_values does not describe " + name))));
  }

  /** The symbolic number called {@code name}; see {@link #tensor}. */
  Value symbol(SymKind kind, JsonView use, String name) {
    JsonView known = symbols.get(kind);
    if (known == null || known.find(name).isEmpty()) {
      throw use.error("no symbolic value describes " + name);
    }
    return new Value.Symbol(kind, known.at(name).json().toString());
  }
}
