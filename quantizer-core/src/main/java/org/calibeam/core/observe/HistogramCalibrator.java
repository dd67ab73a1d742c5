package org.calibeam.core.observe;

import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The range search of torchao 0.18's {@code HistogramObserver} over the exact histogram.
 *
 * <p>The reference searches 2048 equal bins from the least to the greatest value, so the statistic
 * is first brought to such bins: the least and the greatest value at the very ends, the values of
 * each bin spread evenly over it, in whole numbers. The search stops at the first range that is
 * worse than the one before, and so depends on single values in the tails: it is the reference's
 * own, {@link ReferenceRangeSearch}, run at a power-of-two scale at which float32 neither overflows
 * nor underflows. That does not change a bit of its answer where the reference has one.
 */
record HistogramCalibrator() implements Calibrator {
  /** As the reference's observer has. */
  private static final int BINS = 2048;

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    float min = statistic.min();
    float max = statistic.max();
    if (min == max) {
      return new Range(min, max);
    }
    int exponent = Math.getExponent((double) Math.max(-min, max));
    Range found =
        new ReferenceRangeSearch(
                bins(statistic),
                scaled(min, -exponent),
                scaled(max, -exponent),
                1 << (8 * spec.dtype().bytes()))
            .search((start, end, error) -> {});
    return new Range(
        Math.max(min, scaled(found.min(), exponent)), Math.min(max, scaled(found.max(), exponent)));
  }

  private static float scaled(float value, int exponent) {
    return (float) Math.scalb((double) value, exponent);
  }

  /** How many values fall into each of equal bins from the least to the greatest. */
  private static float[] bins(Statistic statistic) {
    Density density = Density.of(statistic);
    double[] mass = density.withoutExtremes().resample(BINS, statistic.min(), statistic.max());
    mass[0]++;
    mass[BINS - 1]++;
    float[] whole = new float[BINS];
    double sum = 0;
    long before = 0;
    for (int i = 0; i < BINS; i++) {
      sum += mass[i];
      long upToHere = Math.round(sum);
      whole[i] = upToHere - before;
      before = upToHere;
    }
    return whole;
  }

  @Override
  public String name() {
    return "histogram";
  }
}
