package org.calibeam.pipeline.evaluate;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * A figure over samples with its 95 % confidence interval, the samples taken as drawn at random.
 *
 * @param value infinite if an SQNR has no noise
 * @param low NaN, as {@code high}, if there is no interval: with one sample, or without noise
 */
public record Estimate(double value, double low, double high, Method method) {

  /** How an interval is found. */
  public enum Method {
    /** Wilson's score interval of a share of samples. */
    WILSON,
    /** Mean of one value a sample, plus and minus 1.96 standard errors. */
    NORMAL,
    /** Ratio of two means in dB, whose standard error follows from the moments (delta method). */
    DELTA
  }

  /** 97.5 % quantile of the normal distribution. */
  static final double Z = 1.959963984540054;

  private static final MathContext PRECISION = ExactSum.PRECISION;
  private static final double DECIBEL = 10 / StrictMath.log(10);

  /** Share of {@code hits} among {@code n} samples. */
  static Estimate share(long hits, long n) {
    double p = (double) hits / n;
    double z2 = Z * Z / n;
    double centre = (p + z2 / 2) / (1 + z2);
    double half = Z * Math.sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2);
    return new Estimate(
        p,
        hits == 0 ? 0 : Math.max(0, centre - half),
        hits == n ? 1 : Math.min(1, centre + half),
        Method.WILSON);
  }

  /** Mean of {@code n} values. */
  static Estimate mean(long n, ExactSum sum, ExactSum squares) {
    BigDecimal count = BigDecimal.valueOf(n);
    BigDecimal mean = sum.value().divide(count, PRECISION);
    if (n < 2) {
      return new Estimate(mean.doubleValue(), Double.NaN, Double.NaN, Method.NORMAL);
    }
    BigDecimal deviations =
        squares.value().subtract(sum.value().multiply(mean, PRECISION), PRECISION);
    double half = Z * standardError(deviations, n);
    double value = mean.doubleValue();
    return new Estimate(value, value - half, value + half, Method.NORMAL);
  }

  /** The same for values that are shares. */
  static Estimate meanShare(long n, ExactSum sum, ExactSum squares) {
    Estimate mean = mean(n, sum, squares);
    return new Estimate(mean.value, Math.max(0, mean.low), Math.min(1, mean.high), mean.method);
  }

  /** Standard error of a mean from the sum of the squared deviations. */
  private static double standardError(BigDecimal deviations, long n) {
    return Math.sqrt(Math.max(0, deviations.doubleValue()) / (n - 1) / n);
  }

  /** A sum of signals and one of noises with their second moments. */
  record Power(
      long n, ExactSum signal, ExactSum noise, ExactSum ss, ExactSum nn, ExactSum signalNoise) {

    /** Ratio in dB; NaN without any signal and noise. */
    Estimate decibels() {
      if (noise.isZero() || signal.isZero()) {
        double value =
            !signal.isZero()
                ? Double.POSITIVE_INFINITY
                : noise.isZero() ? Double.NaN : Double.NEGATIVE_INFINITY;
        return new Estimate(value, Double.NaN, Double.NaN, Method.DELTA);
      }
      BigDecimal s = signal.value();
      BigDecimal m = noise.value();
      double value = 10 * StrictMath.log10(s.divide(m, PRECISION).doubleValue());
      if (n < 2) {
        return new Estimate(value, Double.NaN, Double.NaN, Method.DELTA);
      }
      // Sum over samples of (noise / mean noise - signal / mean signal)^2, over n^2.
      BigDecimal deviations =
          nn.value()
              .divide(m.multiply(m), PRECISION)
              .subtract(
                  signalNoise
                      .value()
                      .multiply(BigDecimal.valueOf(2))
                      .divide(m.multiply(s), PRECISION))
              .add(ss.value().divide(s.multiply(s), PRECISION));
      double half = Z * DECIBEL * Math.sqrt(Math.max(0, deviations.doubleValue()) * n / (n - 1.0));
      return new Estimate(value, value - half, value + half, Method.DELTA);
    }
  }
}
