package org.calibeam.core.interp;

/** A number that a step reads: a literal, or what a step before it computed. */
final class NumberOperand {
  /** Stands for None and for what is neither a number nor a tensor; nothing computes with it. */
  static final Object ABSENT = new Object();

  private final Object[] numbers;
  private final int index;

  /** Entry {@code index} of a graph's numbers, as it will be when asked for. */
  NumberOperand(Object[] numbers, int index) {
    this.numbers = numbers;
    this.index = index;
  }

  static NumberOperand literal(Object number) {
    return new NumberOperand(new Object[] {number}, 0);
  }

  Object value() {
    return numbers[index];
  }
}
