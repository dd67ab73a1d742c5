package org.calibeam.core.graph;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.tensor.TensorSpec;

/** What a node computes, as far as it is known before a sample is run. */
public sealed interface Value {

  /** One tensor. */
  record Tensor(TensorSpec spec) implements Value {}

  /**
   * Several values, taken apart by {@code _operator.getitem}.
   *
   * @param elements one value per element; {@link Nothing} for an absent optional result
   * @param list true for a {@code Tensor[]} result, false for a tuple
   */
  record Several(List<Value> elements, boolean list) implements Value {
    public Several {
      elements = List.copyOf(elements);
    }
  }

  /**
   * A number that depends on the sample's shape.
   *
   * @param json the archive's description of it (expression and hint), kept as it is
   */
  record Symbol(Argument.SymKind kind, String json) implements Value {}

  /** A literal given to the program as an input, kept as the archive has it. */
  record Literal(Argument value) implements Value {}

  /** No value: the node is run for its effect. */
  record Nothing() implements Value {}

  Value NOTHING = new Nothing();

  /** Type and shape if this is one tensor. */
  default Optional<TensorSpec> tensor() {
    return this instanceof Tensor t ? Optional.of(t.spec()) : Optional.empty();
  }
}
