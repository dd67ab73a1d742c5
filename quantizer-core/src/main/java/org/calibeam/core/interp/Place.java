package org.calibeam.core.interp;

import org.jspecify.annotations.Nullable;

/** Where a value goes: a slot, an entry of a graph's numbers, or nowhere if nothing reads it. */
final class Place {
  static final Place NOWHERE = new Place(null, null, 0);

  private final @Nullable Slot slot;
  private final Object @Nullable [] numbers;
  private final int index;

  private Place(@Nullable Slot slot, Object @Nullable [] numbers, int index) {
    this.slot = slot;
    this.numbers = numbers;
    this.index = index;
  }

  static Place of(Slot slot) {
    return new Place(slot, null, 0);
  }

  static Place of(Object[] numbers, int index) {
    return new Place(null, numbers, index);
  }

  @Nullable Slot slot() {
    return slot;
  }

  void put(Object number) {
    if (numbers != null) {
      numbers[index] = number;
    }
  }
}
