package org.calibeam.core.convert;

import java.util.function.DoubleUnaryOperator;

/** All values that a tensor can take: from {@code min} to {@code max}, both finite. */
record Interval(double min, double max) {
  Interval {
    if (!(min <= max) || Double.isInfinite(min) || Double.isInfinite(max)) {
      throw new IllegalArgumentException("[%s, %s] is no finite interval".formatted(min, max));
    }
  }

  /** The smallest interval that holds both. */
  Interval union(Interval other) {
    return new Interval(Math.min(min, other.min), Math.max(max, other.max));
  }

  Interval plus(Interval other) {
    return new Interval(min + other.min, max + other.max);
  }

  Interval minus(Interval other) {
    return new Interval(min - other.max, max - other.min);
  }

  Interval times(Interval other) {
    double a = min * other.min;
    double b = min * other.max;
    double c = max * other.min;
    double d = max * other.max;
    return new Interval(
        Math.min(Math.min(a, b), Math.min(c, d)), Math.max(Math.max(a, b), Math.max(c, d)));
  }

  Interval times(double factor) {
    return times(new Interval(factor, factor));
  }

  /** Image under a function that never falls. */
  Interval map(DoubleUnaryOperator rising) {
    return new Interval(rising.applyAsDouble(min), rising.applyAsDouble(max));
  }

  Interval clamp(double low, double high) {
    return map(v -> Math.max(low, Math.min(high, v)));
  }

  boolean isPositive() {
    return min > 0;
  }
}
