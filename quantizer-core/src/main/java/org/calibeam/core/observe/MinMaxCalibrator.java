package org.calibeam.core.observe;

import org.calibeam.core.qspec.QuantizationSpec;

/** Covers all finite values. */
record MinMaxCalibrator() implements Calibrator {
  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    return new Range(statistic.min(), statistic.max());
  }

  @Override
  public String name() {
    return "minmax";
  }
}
