package org.calibeam.core.tensor;

import java.util.Optional;
import java.util.OptionalLong;

/** One extent, stride or offset of a tensor: a number or a symbolic expression. */
public sealed interface Dim {

  /** A dimension known when the model was exported. */
  record Fixed(long size) implements Dim {
    @Override
    public OptionalLong fixed() {
      return OptionalLong.of(size);
    }

    @Override
    public String toString() {
      return Long.toString(size);
    }
  }

  /**
   * A dimension that is known only for a sample.
   *
   * @param expression the sympy {@code srepr} text of the archive, kept as it is
   * @param hint the value at export, if the archive gives one
   */
  record Symbolic(String expression, Optional<Long> hint) implements Dim {
    @Override
    public OptionalLong fixed() {
      return OptionalLong.empty();
    }

    @Override
    public String toString() {
      return expression;
    }
  }

  /** The number, empty for a symbolic dimension. */
  OptionalLong fixed();

  static Dim of(long size) {
    return new Fixed(size);
  }
}
