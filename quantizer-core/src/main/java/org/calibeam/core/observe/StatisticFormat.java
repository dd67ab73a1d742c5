package org.calibeam.core.observe;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The binary form of a {@link Statistic}, version 1.
 *
 * <p>In this order, without padding; {@code v} is an unsigned LEB128 integer of at most 63 bits in
 * its shortest form, {@code f} a little-endian binary32:
 *
 * <ol>
 *   <li>byte: the format version
 *   <li>v bins, v samples, v zeros, v nans, v positive infinities, v negative infinities
 *   <li>f min, f max
 *   <li>v number n of histogram counts; if n &gt; 0: v exponent in zigzag form, v first bin, n
 *       times v count
 *   <li>v number of channels, for each: f min, f max
 * </ol>
 *
 * <p>The form is canonical: only one byte string decodes to a given statistic, any other is
 * refused. A statistic with more in it (exact sums, say) gets the next version number; readers keep
 * reading the versions before.
 */
final class StatisticFormat {
  static final int VERSION = 1;

  private StatisticFormat() {}

  static byte[] encode(Statistic statistic) {
    Histogram histogram = statistic.histogram();
    ChannelRanges channels = statistic.channels();
    int bound = 128 + 10 * histogram.occupied() + 8 * channels.channels();
    ByteBuffer out = ByteBuffer.allocate(bound).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) VERSION);
    putVarint(out, statistic.bins());
    putVarint(out, statistic.samples());
    Counts counts = statistic.counts();
    putVarint(out, counts.zeros());
    putVarint(out, counts.nans());
    putVarint(out, counts.positiveInfinities());
    putVarint(out, counts.negativeInfinities());
    out.putFloat(statistic.min());
    out.putFloat(statistic.max());
    putVarint(out, histogram.occupied());
    if (!histogram.isEmpty()) {
      putZigzag(out, histogram.exponent());
      putZigzag(out, histogram.first());
      for (int i = 0; i < histogram.occupied(); i++) {
        putVarint(out, histogram.count(i));
      }
    }
    putVarint(out, channels.channels());
    float[] min = channels.min();
    float[] max = channels.max();
    for (int i = 0; i < min.length; i++) {
      out.putFloat(min[i]);
      out.putFloat(max[i]);
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  static Statistic decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int version = in.get() & 0xFF;
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "The statistic has format version %d, this program reads version %d"
                .formatted(version, VERSION));
      }
      Statistic statistic = decodeBody(in);
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("%d bytes are left over".formatted(in.remaining()));
      }
      return statistic;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(
          "A statistic of %d bytes is cut short".formatted(bytes.length), e);
    }
  }

  private static Statistic decodeBody(ByteBuffer in) {
    int bins = getInt(in, "bins");
    long samples = getVarint(in);
    long zeros = getVarint(in);
    long nans = getVarint(in);
    long positiveInfinities = getVarint(in);
    long negativeInfinities = getVarint(in);
    float min = getFloat(in);
    float max = getFloat(in);
    int occupied = getInt(in, "occupied bins");
    Histogram histogram = Histogram.empty(bins);
    if (occupied > 0) {
      int exponent = getZigzag(in, "exponent");
      int first = getZigzag(in, "first bin");
      long[] counts = new long[checkedLength(occupied, in.remaining())];
      for (int i = 0; i < occupied; i++) {
        counts[i] = getVarint(in);
      }
      histogram = new Histogram(bins, exponent, first, counts);
    }
    int channels = getInt(in, "channels");
    float[] channelMin = new float[checkedLength(channels, in.remaining() / 8)];
    float[] channelMax = new float[channels];
    for (int i = 0; i < channels; i++) {
      channelMin[i] = getFloat(in);
      channelMax[i] = getFloat(in);
    }
    return new Statistic(
        samples,
        new Counts(zeros, histogram.total(), nans, positiveInfinities, negativeInfinities),
        min,
        max,
        histogram,
        new ChannelRanges(channelMin, channelMax));
  }

  /** Keeps damaged bytes from asking for more memory than they could fill. */
  private static int checkedLength(int length, int possible) {
    if (length > possible) {
      throw new BufferUnderflowException();
    }
    return length;
  }

  private static void putVarint(ByteBuffer out, long value) {
    long rest = value;
    while (rest >>> 7 != 0) {
      out.put((byte) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  private static void putZigzag(ByteBuffer out, int value) {
    putVarint(out, (value << 1 ^ value >> 31) & 0xFFFFFFFFL);
  }

  private static int getZigzag(ByteBuffer in, String what) {
    int value = getInt(in, what);
    return value >>> 1 ^ -(value & 1);
  }

  private static int getInt(ByteBuffer in, String what) {
    long value = getVarint(in);
    if (value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "A statistic cannot have %d as its %s".formatted(value, what));
    }
    return (int) value;
  }

  private static float getFloat(ByteBuffer in) {
    float value = in.getFloat();
    if (Float.floatToRawIntBits(value) == Float.floatToRawIntBits(-0f)) {
      throw new IllegalArgumentException("A bound of a statistic is -0.0, only 0.0 is used");
    }
    return value;
  }

  private static long getVarint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        if (next == 0 && shift > 0) {
          throw new IllegalArgumentException("An integer of a statistic is padded");
        }
        return value;
      }
    }
    throw new IllegalArgumentException("An integer of a statistic exceeds 63 bits");
  }
}
