package org.calibeam.core.observe;

/**
 * How many elements of each kind were seen.
 *
 * @param zeros of either sign
 * @param nonZeros finite and not zero
 */
public record Counts(
    long zeros, long nonZeros, long nans, long positiveInfinities, long negativeInfinities) {
  public static final Counts NONE = new Counts(0, 0, 0, 0, 0);

  public Counts {
    if (zeros < 0 || nonZeros < 0 || nans < 0 || positiveInfinities < 0 || negativeInfinities < 0) {
      throw new IllegalArgumentException(
          "Negative count among %d zeros, %d others, %d NaN, %d +inf, %d -inf"
              .formatted(zeros, nonZeros, nans, positiveInfinities, negativeInfinities));
    }
  }

  /** All elements of all kinds. */
  public long elements() {
    return Math.addExact(finite(), Math.addExact(nans, infinities()));
  }

  /** Elements that are neither NaN nor infinite. */
  public long finite() {
    return Math.addExact(zeros, nonZeros);
  }

  public long infinities() {
    return Math.addExact(positiveInfinities, negativeInfinities);
  }

  /** Of elements that are seen {@code n} times. */
  Counts times(long n) {
    return new Counts(
        Math.multiplyExact(zeros, n),
        Math.multiplyExact(nonZeros, n),
        Math.multiplyExact(nans, n),
        Math.multiplyExact(positiveInfinities, n),
        Math.multiplyExact(negativeInfinities, n));
  }

  public Counts plus(Counts other) {
    return new Counts(
        Math.addExact(zeros, other.zeros),
        Math.addExact(nonZeros, other.nonZeros),
        Math.addExact(nans, other.nans),
        Math.addExact(positiveInfinities, other.positiveInfinities),
        Math.addExact(negativeInfinities, other.negativeInfinities));
  }
}
