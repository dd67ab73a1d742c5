package org.calibeam.pipeline.combine;

import java.io.Serializable;
import java.math.BigDecimal;

/**
 * How far a quantized model agrees with the float model over some samples. Merge law: exact; sums
 * are kept without rounding, so the order of the samples does not show.
 *
 * @param signal sum of the squares of the float outputs
 * @param noise sum of the squares of the differences
 * @param decisions number of times that a largest element was looked for: once a sample for a
 *     classifier, once a pixel for a segmentation
 * @param agreed how often the quantized model has it in the same place
 * @param flipped samples for which the quantized model takes other code paths
 */
public record Agreement(
    long samples, BigDecimal signal, BigDecimal noise, long decisions, long agreed, long flipped)
    implements Serializable {
  public static final Agreement EMPTY = new Agreement(0, BigDecimal.ZERO, BigDecimal.ZERO, 0, 0, 0);

  public Agreement {
    signal = canonical(signal);
    noise = canonical(noise);
  }

  /** Equal numbers are equal objects, whatever their trailing zeros. */
  private static BigDecimal canonical(BigDecimal value) {
    return value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
  }

  public static Agreement merge(Agreement a, Agreement b) {
    return new Agreement(
        Math.addExact(a.samples, b.samples),
        a.signal.add(b.signal),
        a.noise.add(b.noise),
        Math.addExact(a.decisions, b.decisions),
        Math.addExact(a.agreed, b.agreed),
        Math.addExact(a.flipped, b.flipped));
  }

  /**
   * Signal to quantization noise ratio in dB over all outputs of all samples: 10 log10(signal /
   * noise); infinite without noise.
   */
  public double sqnr() {
    return noise.signum() == 0
        ? Double.POSITIVE_INFINITY
        : 10 * Math.log10(signal.doubleValue() / noise.doubleValue());
  }

  /** Share of the decisions that agree; NaN if there are none. */
  public double top1() {
    return (double) agreed / decisions;
  }
}
