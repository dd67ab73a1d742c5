package org.calibeam.core.observe;

import java.util.Arrays;

/**
 * Least and greatest finite value of each channel; a channel without one has {@code min} +inf and
 * {@code max} -inf.
 *
 * <p>Merge law: exact.
 */
public record ChannelRanges(float[] min, float[] max) {
  /** Of a statistic that does not tell channels apart. */
  public static final ChannelRanges NONE = new ChannelRanges(new float[0], new float[0]);

  public ChannelRanges {
    if (min.length != max.length) {
      throw new IllegalArgumentException(
          "%d channels have a least and %d a greatest value".formatted(min.length, max.length));
    }
    min = normalized(min);
    max = normalized(max);
    for (int i = 0; i < min.length; i++) {
      Statistic.checkExtremes(min[i], max[i]);
    }
  }

  /**
   * Those of one tensor; {@link #NONE} if it is empty.
   *
   * @param values in row-major order
   * @param chAxis the dimension of {@code sizes} that counts channels
   * @throws IllegalArgumentException if the shape has no such dimension, or other values
   */
  static ChannelRanges of(float[] values, long[] sizes, int chAxis) {
    Channels axis = Channels.of(sizes, chAxis);
    long elements = 1;
    for (long size : sizes) {
      elements *= size;
    }
    if (elements != values.length) {
      throw new IllegalArgumentException(
          "A tensor of shape %s has not %d elements"
              .formatted(Arrays.toString(sizes), values.length));
    }
    if (elements == 0) {
      return NONE;
    }
    float[] low = new float[axis.count()];
    float[] high = new float[axis.count()];
    Arrays.fill(low, Float.POSITIVE_INFINITY);
    Arrays.fill(high, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < values.length; i++) {
      if (Float.isFinite(values[i])) {
        int channel = axis.of(i);
        low[channel] = Math.min(low[channel], values[i]);
        high[channel] = Math.max(high[channel], values[i]);
      }
    }
    return new ChannelRanges(low, high);
  }

  /** A copy in which -0.0 is 0.0. */
  private static float[] normalized(float[] values) {
    float[] copy = values.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] += 0f;
    }
    return copy;
  }

  @Override
  public float[] min() {
    return min.clone();
  }

  @Override
  public float[] max() {
    return max.clone();
  }

  /** Number of channels, 0 for {@link #NONE}. */
  public int channels() {
    return min.length;
  }

  /**
   * The ranges of the values of both; {@link #NONE} changes nothing.
   *
   * @throws IllegalArgumentException if the numbers of channels differ
   */
  public static ChannelRanges merge(ChannelRanges a, ChannelRanges b) {
    if (a.channels() == 0 || b.channels() == 0) {
      return a.channels() == 0 ? b : a;
    }
    if (a.channels() != b.channels()) {
      throw new IllegalArgumentException(
          "Cannot merge ranges of %d channels with ranges of %d channels"
              .formatted(a.channels(), b.channels()));
    }
    float[] min = a.min();
    float[] max = a.max();
    for (int i = 0; i < min.length; i++) {
      min[i] = Math.min(min[i], b.min[i]);
      max[i] = Math.max(max[i], b.max[i]);
    }
    return new ChannelRanges(min, max);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof ChannelRanges other
        && Arrays.equals(min, other.min)
        && Arrays.equals(max, other.max);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(min) * 31 + Arrays.hashCode(max);
  }

  @Override
  public String toString() {
    return channels() + " channels";
  }
}
