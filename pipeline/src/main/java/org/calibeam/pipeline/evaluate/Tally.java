package org.calibeam.pipeline.evaluate;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * How far a quantized model agrees with the float model over some samples. Merge law: exact; the
 * order of the samples does not show.
 */
public final class Tally {

  /** What is counted. */
  public enum Count {
    /** Samples. */
    SAMPLES,
    /** Samples for which the quantized model takes other code paths. */
    FLIPPED,
    /** Samples with a floating-point element that is finite in both models. */
    MEASURED,
    /** Elements left out of the sums since one of the models gives infinity or NaN there. */
    NON_FINITE,
    /** Those of them at which the two differ. */
    NON_FINITE_DIFFERING,
    /** Samples in which a largest element is looked for. */
    DECIDED,
    /** How often it is: once a sample for a classifier, once a pixel for a segmentation. */
    DECISIONS,
    /** How often both models have it in the same place. */
    AGREED_TOP1,
    /** Decisions among more than five classes. */
    DECISIONS_TOP5,
    /** How often the float model's largest is among the five largest of the quantized one. */
    AGREED_TOP5,
    /** Samples with a tensor of whole numbers or booleans. */
    DISCRETE,
    /** Samples with a label. */
    LABELLED,
    /** Labelled samples that the float model gets right. */
    FLOAT_RIGHT,
    /** Labelled samples that the quantized model gets right. */
    QUANTIZED_RIGHT,
    /** Labelled samples that only the float model gets right. */
    ONLY_FLOAT_RIGHT,
    /** Labelled samples that only the quantized model gets right. */
    ONLY_QUANTIZED_RIGHT,
    /** Labelled samples with more than five classes. */
    LABELLED_TOP5,
    /** Those with the label among the float model's five largest. */
    FLOAT_RIGHT_TOP5,
    /** Those with the label among the quantized model's five largest. */
    QUANTIZED_RIGHT_TOP5
  }

  /** What is summed over samples. */
  public enum Sum {
    /** Squares of what the float model gives. */
    SIGNAL,
    /** Squares of the differences. */
    NOISE,
    SIGNAL_SQUARED,
    NOISE_SQUARED,
    SIGNAL_TIMES_NOISE,
    /** The signal of samples that are not flipped. */
    KEPT_SIGNAL,
    /** The noise of samples that are not flipped. */
    KEPT_NOISE,
    KEPT_SIGNAL_SQUARED,
    KEPT_NOISE_SQUARED,
    KEPT_SIGNAL_TIMES_NOISE,
    /** Cosine of the angle between the two models' outputs. */
    COSINE,
    COSINE_SQUARED,
    /** Mean absolute difference within a sample. */
    ABSOLUTE,
    ABSOLUTE_SQUARED,
    /** Share of a sample's decisions that agree. */
    SHARE_TOP1,
    SHARE_TOP1_SQUARED,
    /** The same for {@link Count#AGREED_TOP5}. */
    SHARE_TOP5,
    SHARE_TOP5_SQUARED,
    /** Share of a sample's whole numbers that are equal. */
    EQUAL,
    EQUAL_SQUARED
  }

  static final int COUNTS = Count.values().length;
  static final int SUMS = Sum.values().length;

  public static final Tally EMPTY = new Tally();

  private final long[] counts;
  private final BigInteger[] sums;

  private Tally() {
    counts = new long[COUNTS];
    sums = new BigInteger[SUMS];
    Arrays.fill(sums, BigInteger.ZERO);
  }

  /**
   * @param counts one per {@link Count}
   * @param sums one per {@link Sum}, in units of {@link ExactSum}
   */
  Tally(long[] counts, BigInteger[] sums) {
    if (counts.length != COUNTS || sums.length != SUMS) {
      throw new IllegalArgumentException(
          "%d counts and %d sums, expected %d and %d"
              .formatted(counts.length, sums.length, COUNTS, SUMS));
    }
    this.counts = counts.clone();
    this.sums = sums.clone();
  }

  public long count(Count count) {
    return counts[count.ordinal()];
  }

  public ExactSum sum(Sum sum) {
    return new ExactSum(sums[sum.ordinal()]);
  }

  public static Tally merge(Tally a, Tally b) {
    Tally merged = new Tally(a.counts, a.sums);
    for (int i = 0; i < COUNTS; i++) {
      merged.counts[i] = Math.addExact(a.counts[i], b.counts[i]);
    }
    for (int i = 0; i < SUMS; i++) {
      merged.sums[i] = a.sums[i].add(b.sums[i]);
    }
    return merged;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Tally other
        && Arrays.equals(counts, other.counts)
        && Arrays.equals(sums, other.sums);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(counts) + Arrays.hashCode(sums);
  }

  @Override
  public String toString() {
    return "Tally" + Arrays.toString(counts);
  }

  /** Adds to a tally in place. For one thread at a time. */
  static final class Adding {
    private final Tally tally = new Tally();

    Adding count(Count count, long n) {
      tally.counts[count.ordinal()] = Math.addExact(tally.counts[count.ordinal()], n);
      return this;
    }

    Adding count(Count count, boolean one) {
      return count(count, one ? 1 : 0);
    }

    private void add(Sum sum, BigInteger units) {
      tally.sums[sum.ordinal()] = tally.sums[sum.ordinal()].add(units);
    }

    /** Adds {@code value} and its square. */
    Adding moments(Sum sum, Sum squares, double value) {
      add(sum, ExactSum.units(value));
      add(squares, ExactSum.units(value, value));
      return this;
    }

    /** Adds a sample's signal and noise. */
    Adding power(double signal, double noise, boolean flipped) {
      moments(Sum.SIGNAL, Sum.SIGNAL_SQUARED, signal);
      moments(Sum.NOISE, Sum.NOISE_SQUARED, noise);
      BigInteger product = ExactSum.units(signal, noise);
      add(Sum.SIGNAL_TIMES_NOISE, product);
      if (!flipped) {
        moments(Sum.KEPT_SIGNAL, Sum.KEPT_SIGNAL_SQUARED, signal);
        moments(Sum.KEPT_NOISE, Sum.KEPT_NOISE_SQUARED, noise);
        add(Sum.KEPT_SIGNAL_TIMES_NOISE, product);
      }
      return this;
    }

    Tally get() {
      return new Tally(tally.counts, tally.sums);
    }
  }
}
