package org.calibeam.core.observe;

import java.util.Arrays;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Which channel each element of a row-major tensor belongs to; per tensor, all belong to channel 0.
 *
 * @param inner elements between neighbours along the channel axis
 */
record Channels(int count, long inner) {
  static Channels of(QuantizationSpec.Observed spec, long[] sizes) {
    return spec.qscheme().isPerChannel() ? of(sizes, spec.chAxis()) : new Channels(1, 1);
  }

  /**
   * Channels along dimension {@code chAxis}.
   *
   * @throws IllegalArgumentException if there is no such dimension
   */
  static Channels of(long[] sizes, int chAxis) {
    if (chAxis >= sizes.length) {
      throw new IllegalArgumentException(
          "A tensor of shape %s has no channel axis %d".formatted(Arrays.toString(sizes), chAxis));
    }
    long inner = 1;
    for (int d = chAxis + 1; d < sizes.length; d++) {
      inner *= sizes[d];
    }
    return new Channels(Math.toIntExact(sizes[chAxis]), inner);
  }

  /** The channel of element {@code i}. */
  int of(long i) {
    return (int) (i / inner % count);
  }
}
