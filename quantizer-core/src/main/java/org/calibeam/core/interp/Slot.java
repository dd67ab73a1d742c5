package org.calibeam.core.interp;

import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;

/**
 * A place for one native value: an element of a native vector that never grows. Its address is
 * fixed, so it is looked up once and used for every sample without making a Java object.
 */
final class Slot {
  private final IValueVector vector;
  private final long index;
  private final IValue pointer;

  Slot(IValueVector vector, long index) {
    this.vector = vector;
    this.index = index;
    this.pointer = vector.get(index);
  }

  /** The place itself; valid as long as the vector is. */
  IValue pointer() {
    return pointer;
  }

  /** Shares the value at {@code from}. */
  void copy(IValue from) {
    vector.put(index, from);
  }

  /** Takes the value at {@code from}, which is None afterwards. */
  void move(IValue from) {
    pointer.put(from);
  }
}
