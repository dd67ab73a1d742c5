package org.calibeam.pipeline.evaluate;

import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.evaluate.Tally.Count;
import org.calibeam.pipeline.evaluate.Tally.Sum;

/**
 * How far two tensors are apart, over one sample. Elements at which either is infinite or NaN are
 * left out of the sums and counted.
 *
 * @param measured number of floating-point elements that are finite in both
 * @param nonFinite number of the others
 * @param differing number of those others at which the two are not the same
 * @param signal sum of the squares of what is expected
 * @param power sum of the squares of what there is
 * @param product sum of the products
 * @param noise sum of the squares of the differences
 * @param absolute sum of the absolute differences
 * @param discrete number of whole numbers and booleans
 * @param equal how many of them are the same
 */
record Difference(
    long measured,
    long nonFinite,
    long differing,
    double signal,
    double power,
    double product,
    double noise,
    double absolute,
    long discrete,
    long equal) {
  static final Difference NONE = new Difference(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  static Difference of(TensorData expected, TensorData actual) {
    return expected.dtype().isFloatingPoint()
        ? of(expected.toFloats(), actual.toFloats())
        : of(expected.toLongs(), actual.toLongs());
  }

  private static Difference of(long[] expected, long[] actual) {
    long equal = 0;
    for (int i = 0; i < expected.length; i++) {
      equal += expected[i] == actual[i] ? 1 : 0;
    }
    return new Difference(0, 0, 0, 0, 0, 0, 0, 0, expected.length, equal);
  }

  private static Difference of(float[] expected, float[] actual) {
    long measured = 0;
    long differing = 0;
    double signal = 0;
    double power = 0;
    double product = 0;
    double noise = 0;
    double absolute = 0;
    for (int i = 0; i < expected.length; i++) {
      double e = expected[i];
      double a = actual[i];
      if (Double.isFinite(e) && Double.isFinite(a)) {
        double difference = e - a;
        measured++;
        signal += e * e;
        power += a * a;
        product += e * a;
        noise += difference * difference;
        absolute += Math.abs(difference);
      } else if (Double.compare(e, a) != 0) {
        differing++;
      }
    }
    return new Difference(
        measured,
        expected.length - measured,
        differing,
        signal,
        power,
        product,
        noise,
        absolute,
        0,
        0);
  }

  /** The difference of both tensors laid end to end. */
  Difference plus(Difference other) {
    return new Difference(
        measured + other.measured,
        nonFinite + other.nonFinite,
        differing + other.differing,
        signal + other.signal,
        power + other.power,
        product + other.product,
        noise + other.noise,
        absolute + other.absolute,
        discrete + other.discrete,
        equal + other.equal);
  }

  /** Cosine of the angle between the two; 1 if both are zero, 0 if only one is. */
  private double cosine() {
    if (signal == 0 || power == 0) {
      return signal == power ? 1 : 0;
    }
    return Math.max(-1, Math.min(1, product / (Math.sqrt(signal) * Math.sqrt(power))));
  }

  /**
   * @param flipped whether the models took different code paths
   */
  void addTo(Tally.Adding tally, boolean flipped) {
    tally.count(Count.SAMPLES, 1).count(Count.FLIPPED, flipped);
    tally.count(Count.NON_FINITE, nonFinite).count(Count.NON_FINITE_DIFFERING, differing);
    if (measured > 0) {
      tally
          .count(Count.MEASURED, 1)
          .power(signal, noise, flipped)
          .moments(Sum.COSINE, Sum.COSINE_SQUARED, cosine())
          .moments(Sum.ABSOLUTE, Sum.ABSOLUTE_SQUARED, absolute / measured);
    }
    if (discrete > 0) {
      tally
          .count(Count.DISCRETE, 1)
          .moments(Sum.EQUAL, Sum.EQUAL_SQUARED, (double) equal / discrete);
    }
  }
}
