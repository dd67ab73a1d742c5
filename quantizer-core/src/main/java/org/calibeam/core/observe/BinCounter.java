package org.calibeam.core.observe;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * The hot loop: counts finite values in bins as {@link Histogram} defines them, widening in place.
 *
 * <p>Neighbouring elements go to two copies of the bins, since activations repeat values and an
 * increment must not wait for the one before it. Zeros fall into bin 0; a pass over the bits, which
 * the JIT compiler vectorizes, counts them, and they are taken off again. One loop for both is
 * slower by half.
 */
final class BinCounter {
  /** Values are brought to the heap in chunks that share the first-level cache with the bins. */
  private static final int CHUNK = 512;

  /** Below this, 2^-exponent is no float32. */
  private static final int LEAST_FLOAT_SCALE = -127;

  private static final int UNSET = Integer.MIN_VALUE;

  private final int half;
  private final long foldAfter;

  /**
   * Counts of neighbouring elements since the last fold. Bin {@code i} is at {@code i} modulo the
   * number of bins, a power of two, so that masking stands for the check of the bounds.
   */
  private final int[] even;

  private final int[] odd;

  private final long[] folded;
  private boolean hasFolded;
  private long sinceFold;
  private final int[] chunk = new int[CHUNK];
  private final FloatBuffer chunkIn;
  private final IntBuffer chunkOut;
  private int exponent = UNSET;

  BinCounter(int bins) {
    this(bins, Integer.MAX_VALUE - CHUNK);
  }

  /**
   * A counter whose int counts go to the long ones in time.
   *
   * @param foldAfter as many elements
   */
  BinCounter(int bins, long foldAfter) {
    half = bins / 2;
    this.foldAfter = foldAfter;
    even = new int[bins];
    odd = new int[bins];
    folded = new long[bins];
    ByteBuffer bytes = ByteBuffer.allocate(4 * CHUNK).order(ByteOrder.nativeOrder());
    chunkIn = bytes.asFloatBuffer();
    chunkOut = bytes.asIntBuffer();
  }

  /** Whether nothing was counted since the counter was made or drained. */
  boolean isEmpty() {
    return exponent == UNSET;
  }

  /** Makes the bins at least 2^{@code atLeast} wide. */
  void widen(int atLeast) {
    if (atLeast <= exponent) {
      return;
    }
    if (!isEmpty()) {
      fold();
      Histogram.widen(folded, atLeast - exponent);
    }
    exponent = atLeast;
  }

  /**
   * Counts all remaining values, which fit the bins; the buffer is consumed.
   *
   * @return the number of zeros, which are in no bin
   */
  long count(FloatBuffer values) {
    long zeros = 0;
    int end = values.limit();
    while (values.position() < end) {
      int n = Math.min(end - values.position(), CHUNK);
      sinceFold += n;
      if (sinceFold > foldAfter) {
        fold();
        sinceFold = n;
      }
      values.limit(values.position() + n);
      chunkIn.clear().put(values);
      chunkOut.clear().get(chunk, 0, n);
      zeros += zeros(chunk, n);
      if (exponent >= LEAST_FLOAT_SCALE) {
        count(chunk, n, Math.scalb(1f, -exponent));
      } else {
        countTiny(chunk, n, Math.scalb(1.0, -exponent));
      }
    }
    // Negative for now if an earlier chunk was folded; the sum is right.
    even[0] -= (int) zeros;
    return zeros;
  }

  /** How many of the first {@code n} values are 0.0 or -0.0, given by their bits. */
  static int zeros(int[] bits, int n) {
    int zeros = 0;
    for (int i = 0; i < n; i++) {
      zeros += ((bits[i] & 0x7FFFFFFF) - 1) >>> 31;
    }
    return zeros;
  }

  private void count(int[] bits, int n, float scale) {
    int[] a = even;
    int[] b = odd;
    int i = 0;
    for (; i + 3 < n; i += 4) {
      int first = (int) (Float.intBitsToFloat(bits[i]) * scale);
      int second = (int) (Float.intBitsToFloat(bits[i + 1]) * scale);
      int third = (int) (Float.intBitsToFloat(bits[i + 2]) * scale);
      int fourth = (int) (Float.intBitsToFloat(bits[i + 3]) * scale);
      a[first & (a.length - 1)]++;
      b[second & (b.length - 1)]++;
      a[third & (a.length - 1)]++;
      b[fourth & (b.length - 1)]++;
    }
    for (; i < n; i++) {
      a[(int) (Float.intBitsToFloat(bits[i]) * scale) & (a.length - 1)]++;
    }
  }

  private void countTiny(int[] bits, int n, double scale) {
    for (int i = 0; i < n; i++) {
      even[(int) (Float.intBitsToFloat(bits[i]) * scale) & (even.length - 1)]++;
    }
  }

  private void fold() {
    addTo(folded, -half, half - 1);
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
    sinceFold = 0;
    hasFolded = true;
  }

  /** Adds bins {@code first} to {@code last} to {@code sum}, in whose middle bin 0 is. */
  private void addTo(long[] sum, int first, int last) {
    for (int i = first; i < 0; i++) {
      sum[half + i] += even[2 * half + i] + (long) odd[2 * half + i];
    }
    for (int i = Math.max(0, first); i <= last; i++) {
      sum[half + i] += even[i] + (long) odd[i];
    }
  }

  /**
   * Moves what was counted to {@code sum}, whose bins are at least as wide, and forgets it.
   *
   * @param min no value counted is less
   * @param max no value counted is greater
   */
  void drainInto(long[] sum, int toExponent, float min, float max) {
    if (toExponent > exponent || hasFolded) {
      widen(toExponent);
      fold();
      for (int i = 0; i < folded.length; i++) {
        sum[i] += folded[i];
      }
      clear();
      return;
    }
    addTo(
        sum,
        Math.min(0, Histogram.binOf(min, exponent)),
        Math.max(0, Histogram.binOf(max, exponent)));
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
    sinceFold = 0;
    exponent = UNSET;
  }

  void clear() {
    if (!isEmpty()) {
      Arrays.fill(even, 0);
      Arrays.fill(odd, 0);
      Arrays.fill(folded, 0);
      hasFolded = false;
      sinceFold = 0;
      exponent = UNSET;
    }
  }
}
