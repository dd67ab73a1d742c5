package org.calibeam.core.observe;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The hot loop: counts finite values in bins as {@link Histogram} defines them, widening in place.
 *
 * <p>Neighbouring elements go to different copies of the bins ("lanes"), since activations repeat
 * values and an increment must not wait for the one before it. The slot in the middle counts zeros,
 * so that they need no pass of their own.
 */
final class BinCounter {
  /** Values are brought to the heap in chunks that stay in the first-level cache. */
  static final int CHUNK = 2048;

  private static final int LANES = 2;

  /** Below this, 2^-exponent is no float32. */
  private static final int LEAST_FLOAT_SCALE = -127;

  private final int bins;
  private final int half;
  private final int slots;
  private final long[] lanes;
  private final float[] chunk = new float[CHUNK];
  private int exponent = Integer.MIN_VALUE;

  BinCounter(int bins) {
    this.bins = bins;
    half = bins / 2;
    slots = bins + 1;
    lanes = new long[LANES * slots];
  }

  /** Whether nothing was counted since the counter was made or drained. */
  boolean isEmpty() {
    return exponent == Integer.MIN_VALUE;
  }

  /** Makes the bins at least 2^{@code atLeast} wide. */
  void widen(int atLeast) {
    if (atLeast <= exponent) {
      return;
    }
    if (!isEmpty()) {
      int doublings = Math.min(atLeast - exponent, 31);
      for (int base = 0; base < lanes.length; base += slots) {
        int zero = base + half;
        // From the middle outwards every target lies at or before its source.
        for (int cell = 1; cell < half; cell++) {
          move(zero + 1 + cell, zero + 1 + (cell >> doublings));
          move(zero - 1 - cell, zero - 1 - (cell >> doublings));
        }
      }
    }
    exponent = atLeast;
  }

  private void move(int from, int to) {
    if (from != to) {
      lanes[to] += lanes[from];
      lanes[from] = 0;
    }
  }

  /** Counts all remaining values, which fit the bins; the buffer is consumed. */
  void count(FloatBuffer values) {
    while (values.hasRemaining()) {
      int n = Math.min(values.remaining(), chunk.length);
      values.get(chunk, 0, n);
      count(chunk, n);
    }
  }

  /** Counts the first {@code n} values, which fit the bins. */
  void count(float[] values, int n) {
    if (exponent >= LEAST_FLOAT_SCALE) {
      countScaled(values, n, Math.scalb(1f, -exponent));
    } else {
      countTiny(values, n, Math.scalb(1.0, -exponent));
    }
  }

  private void countScaled(float[] values, int n, float scale) {
    long[] to = lanes;
    int even = half;
    int odd = half + slots;
    int i = 0;
    for (; i + 1 < n; i += 2) {
      // Adding 0 turns -0.0 into 0.0; the sign term then is -1, 0 or 1.
      float a = values[i] + 0f;
      float b = values[i + 1] + 0f;
      int aBits = Float.floatToRawIntBits(a);
      int bBits = Float.floatToRawIntBits(b);
      to[even + (int) (a * scale) + (aBits >> 31 | -aBits >>> 31)]++;
      to[odd + (int) (b * scale) + (bBits >> 31 | -bBits >>> 31)]++;
    }
    if (i < n) {
      float a = values[i] + 0f;
      int aBits = Float.floatToRawIntBits(a);
      to[even + (int) (a * scale) + (aBits >> 31 | -aBits >>> 31)]++;
    }
  }

  private void countTiny(float[] values, int n, double scale) {
    for (int i = 0; i < n; i++) {
      float value = values[i];
      int sign = value > 0 ? 1 : value < 0 ? -1 : 0;
      lanes[half + (int) (value * scale) + sign]++;
    }
  }

  /**
   * Moves what was counted to {@code sum}, whose bins are at least as wide, and forgets it.
   *
   * @return the number of zeros
   */
  long drainInto(long[] sum, int toExponent) {
    int doublings = toExponent - exponent;
    long zeros = 0;
    for (int base = 0; base < lanes.length; base += slots) {
      for (int bin = 0; bin < half; bin++) {
        long count = lanes[base + bin];
        if (count != 0) {
          sum[Histogram.widened(bin, doublings, bins)] += count;
        }
      }
      zeros += lanes[base + half];
      for (int bin = half; bin < bins; bin++) {
        long count = lanes[base + bin + 1];
        if (count != 0) {
          sum[Histogram.widened(bin, doublings, bins)] += count;
        }
      }
    }
    clear();
    return zeros;
  }

  void clear() {
    if (isEmpty()) {
      return;
    }
    Arrays.fill(lanes, 0);
    exponent = Integer.MIN_VALUE;
  }
}
