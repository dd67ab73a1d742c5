package org.calibeam.pipeline.evaluate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * A sum of doubles and of products of two doubles. Merge law: exact; nothing is ever rounded, so
 * neither order nor grouping shows.
 *
 * @param units the sum in units of 2^-2148, the least bit that a product of two doubles can have
 */
public record ExactSum(BigInteger units) {
  public static final ExactSum ZERO = new ExactSum(BigInteger.ZERO);

  /** Digits of what is computed from sums: enough that differences of moments do not cancel. */
  static final MathContext PRECISION = new MathContext(80);

  private static final int MANTISSA_BITS = 52;
  private static final long FRACTION = (1L << MANTISSA_BITS) - 1;

  /** Exponent of the least bit of a subnormal double. */
  private static final int LEAST = -1074;

  private static final BigDecimal UNITS = new BigDecimal(BigInteger.ONE.shiftLeft(-2 * LEAST));

  /**
   * {@code value} in units.
   *
   * @throws IllegalArgumentException if it is not finite
   */
  static BigInteger units(double value) {
    return BigInteger.valueOf(mantissa(value)).shiftLeft(exponent(value) - 2 * LEAST);
  }

  /** {@code a * b}, not rounded, in units. */
  static BigInteger units(double a, double b) {
    return BigInteger.valueOf(mantissa(a))
        .multiply(BigInteger.valueOf(mantissa(b)))
        .shiftLeft(exponent(a) + exponent(b) - 2 * LEAST);
  }

  private static long mantissa(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("Not finite: " + value);
    }
    long bits = Double.doubleToRawLongBits(value);
    long fraction = bits & FRACTION;
    boolean normal = (bits >>> MANTISSA_BITS & 0x7FF) != 0;
    long mantissa = normal ? fraction | 1L << MANTISSA_BITS : fraction;
    return bits < 0 ? -mantissa : mantissa;
  }

  /** Exponent of the last bit of the mantissa. */
  private static int exponent(double value) {
    int biased = (int) (Double.doubleToRawLongBits(value) >>> MANTISSA_BITS & 0x7FF);
    return biased == 0 ? LEAST : biased - 1 + LEAST;
  }

  public ExactSum plus(double value) {
    return new ExactSum(units.add(units(value)));
  }

  public ExactSum plus(ExactSum other) {
    return new ExactSum(units.add(other.units));
  }

  public boolean isZero() {
    return units.signum() == 0;
  }

  /** The sum, rounded to {@link #PRECISION}. */
  public BigDecimal value() {
    return new BigDecimal(units).divide(UNITS, PRECISION);
  }
}
