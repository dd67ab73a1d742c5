package org.calibeam.core.observe;

import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The range search of torchao 0.18's {@code HistogramObserver._non_linear_param_search}, in double
 * and over the exact histogram.
 *
 * <p>The reference searches 2048 equal bins from the least to the greatest value, so the exact
 * histogram is first spread over such bins. All lengths are in units of those bins, hence no value
 * of float32 can overflow.
 */
record HistogramCalibrator() implements Calibrator {
  /** As the reference's observer has. */
  private static final int SEARCH_BINS = 2048;

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    if (statistic.min() == statistic.max()) {
      return new Range(statistic.min(), statistic.max());
    }
    double[] mass = new Density(statistic).resample(SEARCH_BINS);
    int levels = 1 << (8 * spec.dtype().bytes());
    RangeSearch.Bins found = new RangeSearch(mass, levels).search();
    double min = statistic.min();
    double width = ((double) statistic.max() - min) / SEARCH_BINS;
    return new Range(
        (float) (min + width * found.start()), (float) (min + width * (found.end() + 1)));
  }

  @Override
  public String name() {
    return "histogram";
  }
}
