package org.calibeam.core.observe;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The sum of the finite values of each channel, not rounded.
 *
 * <p>Merge law: exact. Sums of floats are integers in units of the least subnormal, 2^-149, so
 * neither order nor grouping shows, as it would with doubles.
 *
 * @param units sum of each channel in units of 2^-149
 */
public record ChannelSums(List<BigInteger> units) {
  /** Of a statistic that does not sum up channels. */
  public static final ChannelSums NONE = new ChannelSums(List.of());

  /** Exponent of the least bit of a float. */
  private static final int LEAST = -149;

  public ChannelSums {
    units = List.copyOf(units);
  }

  /** Number of channels, 0 for {@link #NONE}. */
  public int channels() {
    return units.size();
  }

  /** The sum of channel {@code i}, rounded once. */
  public double sum(int i) {
    return Math.scalb(units.get(i).doubleValue(), LEAST);
  }

  /**
   * The sums of the values of both; {@link #NONE} changes nothing.
   *
   * @throws IllegalArgumentException if the numbers of channels differ
   */
  public static ChannelSums merge(ChannelSums a, ChannelSums b) {
    if (a.channels() == 0 || b.channels() == 0) {
      return a.channels() == 0 ? b : a;
    }
    if (a.channels() != b.channels()) {
      throw new IllegalArgumentException(
          "Cannot merge sums of %d channels with sums of %d channels"
              .formatted(a.channels(), b.channels()));
    }
    List<BigInteger> sums = new ArrayList<>(a.channels());
    for (int i = 0; i < a.channels(); i++) {
      sums.add(a.units.get(i).add(b.units.get(i)));
    }
    return new ChannelSums(sums);
  }

  /** The sums of the same values seen {@code n} times. */
  ChannelSums times(long n) {
    BigInteger factor = BigInteger.valueOf(n);
    return new ChannelSums(units.stream().map(u -> u.multiply(factor)).toList());
  }

  @Override
  public String toString() {
    return channels() + " sums";
  }
}
