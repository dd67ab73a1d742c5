package org.calibeam.core.observe;

import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The Python quantizer's own choice, which is made by {@link ReferenceHistogramObserver} while the
 * samples run: a statistic does not know their order.
 */
record ReferenceCalibrator() implements Calibrator {
  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    throw new ConfigurationException(
        "Statistics cannot answer the calibrator reference: what it chooses depends on the order of"
            + " the samples, which they do not hold. Use quantize --calibrator reference with the"
            + " samples, or another calibrator.");
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public boolean isSequential() {
    return true;
  }
}
