package org.calibeam.core.observe;

import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Covers {@code percent} of the values, as ONNX Runtime's percentile calibrator does: an affine
 * range leaves half of the rest out at either end, a symmetric one what is largest in magnitude.
 *
 * @param percent above 0, at most 100
 */
record PercentileCalibrator(double percent) implements Calibrator {
  PercentileCalibrator {
    if (!(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException(
          "A percentile of %s was asked for; it must be above 0 and at most 100, for example 99.9"
              .formatted(percent));
    }
  }

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    Distribution density = Distribution.of(statistic);
    if (spec.qscheme().isSymmetric()) {
      float bound = (float) density.magnitudes().quantile(percent / 100);
      return new Range(Math.max(statistic.min(), -bound), Math.min(statistic.max(), bound));
    }
    double cut = (100 - percent) / 200;
    float low = (float) density.quantile(cut);
    float high = (float) density.quantile(1 - cut);
    return new Range(Math.max(statistic.min(), low), Math.min(statistic.max(), high));
  }

  @Override
  public String name() {
    return "percentile:%s".formatted(percent);
  }
}
