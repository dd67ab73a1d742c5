package org.calibeam.core.interp;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A tensor or a number that goes from one graph into another. */
final class Feed {
  private final @Nullable Operand tensor;
  private final @Nullable NumberOperand number;

  private Feed(@Nullable Operand tensor, @Nullable NumberOperand number) {
    this.tensor = tensor;
    this.number = number;
  }

  static Feed of(Operand tensor) {
    return new Feed(tensor, null);
  }

  static Feed of(NumberOperand number) {
    return new Feed(null, number);
  }

  /** The tensor; null if it is a number. */
  @Nullable Operand tensor() {
    return tensor;
  }

  /** The number; null if it is a tensor. */
  @Nullable NumberOperand number() {
    return number;
  }

  void into(Place place, Scratch scratch) {
    Slot slot = place.slot();
    if (tensor == null) {
      place.put(value());
    } else if (slot == null) {
      tensor.done(scratch);
    } else {
      tensor.into(slot);
    }
  }

  /**
   * The value as a condition.
   *
   * @throws IllegalArgumentException if it is a tensor of several elements
   */
  boolean truth(Scratch scratch) {
    if (tensor == null) {
      return PythonNumbers.toBoolean(value());
    }
    try (Tensor value = tensor.pointer().toTensor()) {
      if (value.numel() != 1) {
        throw new IllegalArgumentException(
            "its condition has %d elements, one is expected".formatted(value.numel()));
      }
      return value.item_bool();
    } finally {
      tensor.done(scratch);
    }
  }

  private Object value() {
    if (number == null) {
      throw new IllegalStateException("A feed without a value");
    }
    return number.value();
  }
}
