package org.calibeam.core.interp;

import org.bytedeco.pytorch.IValue;

/**
 * A value that a step reads.
 *
 * @param pointer where it is
 * @param last whether nothing reads it afterwards, so that it can be moved away
 */
record Operand(IValue pointer, boolean last) {

  /** Puts the value into {@code target}. */
  void into(Slot target) {
    if (last) {
      target.move(pointer);
    } else {
      target.copy(pointer);
    }
  }

  /** Frees the value if this was its last reader and it was not moved away. */
  void done(Scratch scratch) {
    if (last) {
      scratch.clear(pointer);
    }
  }
}
