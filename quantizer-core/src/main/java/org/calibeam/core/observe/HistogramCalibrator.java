package org.calibeam.core.observe;

import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The range search of torchao 0.18's {@code HistogramObserver._non_linear_param_search}, in double
 * and over the exact histogram.
 *
 * <p>The reference searches 2048 equal bins from the least to the greatest value. Where the values
 * themselves are kept they are counted in such bins as the reference does it, else the exact
 * histogram is spread over them. All lengths are in units of those bins, hence no value of float32
 * can overflow.
 */
record HistogramCalibrator() implements Calibrator {
  private static final int SEARCH_BINS = ReferenceHistogramObserver.BINS;

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    if (statistic.min() == statistic.max()) {
      return new Range(statistic.min(), statistic.max());
    }
    double[] mass =
        statistic
            .distinct()
            .map(HistogramCalibrator::binned)
            .orElseGet(
                () ->
                    Distribution.ofBins(statistic)
                        .resample(SEARCH_BINS, statistic.min(), statistic.max()));
    int levels = 1 << (8 * spec.dtype().bytes());
    RangeSearch.Bins found = new RangeSearch(mass, levels).search();
    double min = statistic.min();
    double width = ((double) statistic.max() - min) / SEARCH_BINS;
    return new Range(
        (float) (min + width * found.start()), (float) (min + width * (found.end() + 1)));
  }

  /** As {@code torch.histc} bins, at a power-of-two scale at which float32 does not overflow. */
  private static double[] binned(DistinctValues values) {
    float min = values.value(0);
    float max = values.value(values.size() - 1);
    int down = -Math.getExponent((double) Math.max(-min, max));
    float from = scaled(min, down);
    float span = scaled(max, down) - from;
    double[] mass = new double[SEARCH_BINS];
    for (int i = 0; i < values.size(); i++) {
      int bin = ReferenceHistogramObserver.binOf(scaled(values.value(i), down), from, span);
      mass[bin] += values.count(i);
    }
    return mass;
  }

  private static float scaled(float value, int exponent) {
    return (float) Math.scalb((double) value, exponent);
  }

  @Override
  public String name() {
    return "histogram";
  }
}
