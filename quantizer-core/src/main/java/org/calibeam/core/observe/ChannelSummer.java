package org.calibeam.core.observe;

import java.math.BigInteger;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Adds up the values of each channel exactly, for {@link StatisticAccumulator}.
 *
 * <p>A float is a mantissa of 24 bits times 2^e with e from 0 to 253 in units of 2^-149. A channel
 * has 16 counters of 64 bits, one for every 16 exponents; a mantissa shifted by at most 15 has 39
 * bits, so 2^24 of them fit into one counter before it has to be emptied.
 */
final class ChannelSummer {
  private static final int COUNTERS = 16;
  private static final int MANTISSA_BITS = 23;
  private static final int NOT_FINITE = 0xFF;

  /** Values per channel after which counters are emptied: half of what they hold. */
  private static final long FULL = 1L << 23;

  private int channels;
  private long[] sample = {};
  private long[] done = {};
  private BigInteger[] emptied = {};

  /** Bounds of the number of values in any counter of {@link #sample} and {@link #done}. */
  private long inSample;

  private long inDone;

  /** What an open sample had when its counters were emptied; almost always empty. */
  private BigInteger[] emptiedSample = {};

  private boolean open;

  /**
   * Adds all remaining values; position and limit stay as they are.
   *
   * @param count number of channels
   * @param inner elements between neighbours along the channel axis
   * @throws IllegalArgumentException if an earlier tensor had another number of channels
   */
  void add(FloatBuffer values, int count, long inner) {
    int n = values.remaining();
    if (n == 0) {
      return;
    }
    if (channels == 0) {
      channels = count;
      sample = new long[Math.multiplyExact(count, COUNTERS)];
      done = new long[sample.length];
      emptied = zeros(count);
      emptiedSample = zeros(count);
    }
    if (count != channels) {
      throw new IllegalArgumentException(
          "Cannot sum up %d channels after %d".formatted(count, channels));
    }
    open = true;
    int from = values.position();
    int channel = 0;
    for (long at = 0; at < n; at += inner) {
      if (channel == 0 || inner > FULL) {
        makeRoom(Math.min(inner, FULL));
      }
      // One channel at a time, and no more of it than its counters hold.
      for (long part = 0; part < inner; part += FULL) {
        if (part > 0) {
          makeRoom(FULL);
        }
        int length = (int) Math.min(FULL, inner - part);
        run(values, Math.toIntExact(from + at + part), length, channel * COUNTERS);
      }
      channel = channel + 1 == count ? 0 : channel + 1;
    }
  }

  private void makeRoom(long more) {
    if (inSample + more > FULL) {
      empty(sample, emptiedSample);
      inSample = 0;
    }
    inSample += more;
  }

  private void run(FloatBuffer values, int from, int n, int counters) {
    for (int i = from; i < from + n; i++) {
      int bits = Float.floatToRawIntBits(values.get(i));
      int biased = bits >>> MANTISSA_BITS & 0xFF;
      if (biased == NOT_FINITE) {
        continue;
      }
      long mantissa = bits & (1L << MANTISSA_BITS) - 1;
      int exponent = 0;
      if (biased > 0) {
        mantissa |= 1L << MANTISSA_BITS;
        exponent = biased - 1;
      }
      long shifted = mantissa << (exponent & 15);
      sample[counters + (exponent >> 4)] += bits < 0 ? -shifted : shifted;
    }
  }

  private void empty(long[] counters, BigInteger[] sums) {
    for (int c = 0; c < channels; c++) {
      for (int k = 0; k < COUNTERS; k++) {
        long counted = counters[c * COUNTERS + k];
        if (counted != 0) {
          sums[c] = sums[c].add(BigInteger.valueOf(counted).shiftLeft(16 * k));
        }
      }
    }
    Arrays.fill(counters, 0);
  }

  /** What was added since the last call counts from now on. */
  void sampleDone() {
    if (!open) {
      return;
    }
    if (inDone + inSample > FULL) {
      empty(done, emptied);
      inDone = 0;
    }
    for (int i = 0; i < done.length; i++) {
      done[i] += sample[i];
    }
    inDone += inSample;
    for (int c = 0; c < channels; c++) {
      emptied[c] = emptied[c].add(emptiedSample[c]);
    }
    discardSample();
  }

  /** Forgets what was added since the last finished sample. */
  void discardSample() {
    if (open) {
      Arrays.fill(sample, 0);
      Arrays.fill(emptiedSample, BigInteger.ZERO);
      inSample = 0;
      open = false;
    }
  }

  /** The sums of all finished samples; {@link ChannelSums#NONE} if there is no value. */
  ChannelSums sums() {
    empty(done, emptied);
    inDone = 0;
    return new ChannelSums(List.of(emptied));
  }

  /** Forgets everything. */
  void reset() {
    channels = 0;
    sample = new long[0];
    done = new long[0];
    emptied = new BigInteger[0];
    emptiedSample = new BigInteger[0];
    inSample = 0;
    inDone = 0;
    open = false;
  }

  private static BigInteger[] zeros(int count) {
    BigInteger[] zeros = new BigInteger[count];
    Arrays.fill(zeros, BigInteger.ZERO);
    return zeros;
  }
}
