package org.calibeam.core.observe;

import org.calibeam.core.qspec.QParams;

/**
 * What qparams do to the values of a statistic, without the values.
 *
 * <p>Values that are not kept are taken as spread evenly over their bins; under that reading the
 * results are exact up to double rounding. Zeros cost nothing, since zero always has an integer.
 * NaN counts nowhere, infinities only as saturated. Per-tensor qparams only.
 */
public final class QuantizationError {
  private QuantizationError() {}

  /**
   * Mean of the squared difference between a value and what quantizing and dequantizing makes of
   * it.
   *
   * @throws SamplesException if the statistic has no finite value
   */
  public static double meanSquared(Statistic statistic, QParams qparams) {
    requireFinite(statistic);
    return squared(Distribution.of(statistic), qparams) / statistic.counts().finite();
  }

  /**
   * Ratio of the mean square of the values to {@link #meanSquared}, in dB; +inf if nothing is lost.
   *
   * @throws SamplesException if the statistic has no finite value
   */
  public static double sqnr(Statistic statistic, QParams qparams) {
    requireFinite(statistic);
    Distribution density = Distribution.of(statistic);
    double signal = 0;
    for (int i = 0; i < density.pieces(); i++) {
      double a = density.low(i);
      double b = density.high(i);
      signal += density.mass(i) * (a * a + a * b + b * b) / 3;
    }
    double noise = squared(density, qparams);
    return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }

  /**
   * Share of the values, infinite ones included, that lie more than half a step outside of what the
   * integers cover.
   *
   * @throws SamplesException if the statistic has no value that is not NaN
   */
  public static double saturationRate(Statistic statistic, QParams qparams) {
    Counts counts = statistic.counts();
    double all = counts.finite() + (double) counts.infinities();
    if (all == 0) {
      throw new SamplesException("No value was observed, so none can saturate");
    }
    double saturated = counts.infinities();
    if (counts.finite() > 0) {
      Distribution density = Distribution.of(statistic);
      double scale = scale(qparams);
      double low = (qparams.quantMin() - qparams.zeroPoint() - 0.5) * scale;
      double high = (qparams.quantMax() - qparams.zeroPoint() + 0.5) * scale;
      saturated += density.below(low) + density.total() - density.below(high);
    }
    return Math.max(0, saturated / all);
  }

  private static void requireFinite(Statistic statistic) {
    if (statistic.counts().finite() == 0) {
      throw new SamplesException("No finite value was observed, so there is none to quantize");
    }
  }

  private static double scale(QParams qparams) {
    if (qparams.scales().length != 1) {
      throw new IllegalArgumentException(
          "A histogram is of a whole tensor, the qparams are of %d channels"
              .formatted(qparams.scales().length));
    }
    return qparams.scale();
  }

  /** Sum of squared differences. */
  static double squared(Distribution density, QParams qparams) {
    double scale = scale(qparams);
    double least = qparams.quantMin() - qparams.zeroPoint();
    double greatest = qparams.quantMax() - qparams.zeroPoint();
    double sum = 0;
    double previous = Double.NaN;
    double previousIntegral = 0;
    for (int i = 0; i < density.pieces(); i++) {
      double from = density.low(i) / scale;
      double to = density.high(i) / scale;
      if (!(from < to)) {
        double level = Math.max(least, Math.min(greatest, Math.rint(from)));
        sum += density.mass(i) * (from - level) * (from - level);
        continue;
      }
      double begin = from == previous ? previousIntegral : integral(from, least, greatest);
      double end = integral(to, least, greatest);
      sum += density.mass(i) * Math.max(0, end - begin) / (to - from);
      previous = to;
      previousIntegral = end;
    }
    return sum * scale * scale;
  }

  /** Integral of the squared error from 0 to {@code u}, both in steps. */
  private static double integral(double u, double least, double greatest) {
    double level = Math.max(least, Math.min(greatest, Math.rint(u)));
    double beyond = u - level;
    return level / 12 + beyond * beyond * beyond / 3;
  }
}
