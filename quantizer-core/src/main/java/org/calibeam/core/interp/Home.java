package org.calibeam.core.interp;

import org.bytedeco.pytorch.IValue;
import org.calibeam.core.graph.Argument;

/** Where what a node computes can be found while its graph runs. */
sealed interface Home {

  /** A constant, the same for every sample and every runner. */
  record Shared(IValue pointer) implements Home {}

  /** A constant that the program changes in place: it is as exported when a sample begins. */
  record Fresh(IValue pointer) implements Home {}

  /** A tensor of the current sample. */
  record InSlot(int index) implements Home {}

  /** A number of the current sample. */
  record InNumber(int index) implements Home {}

  /** A literal given to the program as an input. */
  record Fixed(Argument argument) implements Home {}

  /** Several values; its parts have homes of their own. */
  record Parts() implements Home {}
}
