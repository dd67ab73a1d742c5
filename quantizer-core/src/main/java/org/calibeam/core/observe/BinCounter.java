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

  private final int bins;
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

  // No value counted lies outside of these, which tells what side of zero a bin is on.
  private float least = Float.POSITIVE_INFINITY;
  private float greatest = Float.NEGATIVE_INFINITY;

  BinCounter(int bins) {
    this(bins, Integer.MAX_VALUE - CHUNK);
  }

  /**
   * A counter whose int counts go to the long ones in time.
   *
   * @param foldAfter as many elements
   */
  BinCounter(int bins, long foldAfter) {
    this.bins = bins;
    this.foldAfter = foldAfter;
    even = new int[bins];
    odd = new int[bins];
    folded = Histogram.room(bins);
    ByteBuffer bytes = ByteBuffer.allocate(4 * CHUNK).order(ByteOrder.nativeOrder());
    chunkIn = bytes.asFloatBuffer();
    chunkOut = bytes.asIntBuffer();
  }

  /** Whether nothing was counted since the counter was made or drained. */
  boolean isEmpty() {
    return exponent == UNSET;
  }

  /**
   * Makes room for values.
   *
   * @param atLeast log2 of a bin's width at which all values counted so far and the next ones fit
   * @param low no next value is less
   * @param high no next value is greater
   */
  void widen(int atLeast, float low, float high) {
    widen(atLeast);
    least = Math.min(least, low);
    greatest = Math.max(greatest, high);
  }

  private void widen(int atLeast) {
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
    addTo(folded);
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
    sinceFold = 0;
    hasFolded = true;
  }

  private void addTo(long[] sum) {
    int first = Math.min(0, Histogram.binOf(least, exponent));
    int last = Math.max(0, Histogram.binOf(greatest, exponent));
    for (int i = first; i <= last; i++) {
      int at = i & (bins - 1);
      sum[bins + i] += even[at] + (long) odd[at];
    }
  }

  /**
   * Moves what was counted to {@code sum}, whose bins are at least as wide and laid out as {@link
   * Histogram#room} has it, and forgets it.
   */
  void drainInto(long[] sum, int toExponent) {
    if (toExponent > exponent || hasFolded) {
      widen(toExponent);
      fold();
      for (int i = 0; i < folded.length; i++) {
        sum[i] += folded[i];
      }
      clear();
      return;
    }
    addTo(sum);
    Arrays.fill(even, 0);
    Arrays.fill(odd, 0);
    forget();
  }

  private void forget() {
    sinceFold = 0;
    exponent = UNSET;
    least = Float.POSITIVE_INFINITY;
    greatest = Float.NEGATIVE_INFINITY;
  }

  void clear() {
    if (!isEmpty()) {
      Arrays.fill(even, 0);
      Arrays.fill(odd, 0);
      Arrays.fill(folded, 0);
      hasFolded = false;
      forget();
    }
  }
}
