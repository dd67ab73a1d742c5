package org.calibeam.core.observe;

import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The range search of torchao 0.18's {@code HistogramObserver._non_linear_param_search}, in double
 * and over the exact histogram, then the best of the scales close by.
 *
 * <p>The reference searches 2048 equal bins from the least to the greatest value. Where the values
 * themselves are kept they are counted in such bins as the reference does it, else the exact
 * histogram is spread over them. All lengths are in units of those bins, hence no value of float32
 * can overflow.
 *
 * <p>The search ends at the first range that is worse than the one before, and moves in whole bins;
 * so of two scales that differ by a few thousandths it takes one by chance, also where the other
 * leaves several hundredths less error. Hence the second step, which changes the scale by at most 1
 * % and the zero point by at most 1. It is left out where values are few: they tell too little of
 * what other samples will show.
 */
record HistogramCalibrator() implements Calibrator {
  private static final int SEARCH_BINS = ReferenceHistogramObserver.BINS;

  /** Ratio of neighbouring scales that are tried, less 1. */
  private static final double STEP = 2.5e-4;

  /** Scales tried on either side. */
  private static final int STEPS = 40;

  /** Finite values from which on other scales are tried. */
  private static final long MANY = 32L * SEARCH_BINS;

  /** Another scale is taken if it leaves less error than this part of what the search found. */
  private static final double CLEARLY_LESS = 0.995;

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    if (statistic.min() == statistic.max()) {
      return new Range(statistic.min(), statistic.max());
    }
    Range found = found(statistic, spec);
    return statistic.counts().finite() < MANY ? found : bestNear(found, statistic, spec);
  }

  private static Range found(Statistic statistic, QuantizationSpec.Observed spec) {
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

  /** No wider than all values with zero. */
  private static Range bestNear(Range found, Statistic statistic, QuantizationSpec.Observed spec) {
    QParams first = covering(spec, found);
    Distribution distribution = Distribution.of(statistic);
    double least = QuantizationError.squared(distribution, first) * CLEARLY_LESS;
    double widest = covering(spec, new Range(statistic.min(), statistic.max())).scale();
    boolean zeroMoves = statistic.min() < 0 && statistic.max() > 0 && !spec.qscheme().isSymmetric();
    Range best = found;
    for (int zero = zeroMoves ? -1 : 0; zero <= (zeroMoves ? 1 : 0); zero++) {
      int zeroPoint = first.zeroPoint() + zero;
      for (int step = -STEPS; step <= STEPS; step++) {
        double scale = first.scale() * (1 + STEP * step);
        if (scale > widest || zeroPoint < spec.quantMin() || zeroPoint > spec.quantMax()) {
          continue;
        }
        Range near = covered(spec, scale, zeroPoint);
        double error = QuantizationError.squared(distribution, covering(spec, near));
        if (error < least) {
          least = error;
          best = near;
        }
      }
    }
    return best;
  }

  private static QParams covering(QuantizationSpec.Observed spec, Range range) {
    return QParams.covering(spec, new float[] {range.min()}, new float[] {range.max()});
  }

  /** What the integers of {@code spec} stand for. */
  private static Range covered(QuantizationSpec.Observed spec, double scale, int zeroPoint) {
    if (spec.qscheme().isSymmetric()) {
      float bound = (float) (scale * (spec.quantMax() - spec.quantMin()) / 2);
      return new Range(-bound, bound);
    }
    return new Range(
        (float) ((spec.quantMin() - zeroPoint) * scale),
        (float) ((spec.quantMax() - zeroPoint) * scale));
  }

  @Override
  public String name() {
    return "histogram";
  }
}
