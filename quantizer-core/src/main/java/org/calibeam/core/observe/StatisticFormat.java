package org.calibeam.core.observe;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The binary form of a {@link Statistic}, version 1, or 2 if it has sums of channels, or 3 if it
 * keeps values.
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
 *   <li>in version 2: v number of sums, at least 1, for each: v number of bytes, then the sum as a
 *       big-endian two's complement integer of as few bytes as it takes, in units of 2^-149
 *   <li>in version 3: the sums as in version 2, of which there may be none; v number of different
 *       values, at least 1, for each in ascending order: f value; then for each: v count
 * </ol>
 *
 * <p>The form is canonical: only one byte string decodes to a given statistic, any other is
 * refused. A statistic with more in it gets the next version number; readers keep reading the
 * versions before.
 */
final class StatisticFormat {
  static final int VERSION = 1;
  private static final int WITH_SUMS = 2;
  private static final int WITH_VALUES = 3;

  private StatisticFormat() {}

  static byte[] encode(Statistic statistic) {
    Histogram histogram = statistic.histogram();
    ChannelRanges channels = statistic.channels();
    List<byte[]> sums =
        statistic.channelSums().units().stream().map(BigInteger::toByteArray).toList();
    DistinctValues values = statistic.distinct().orElse(DistinctValues.NONE);
    int bound =
        128
            + 10 * histogram.occupied()
            + 8 * channels.channels()
            + sums.stream().mapToInt(sum -> sum.length + 5).sum()
            + 14 * values.size();
    ByteBuffer out = ByteBuffer.allocate(bound).order(ByteOrder.LITTLE_ENDIAN);
    int version = values.size() > 0 ? WITH_VALUES : sums.isEmpty() ? VERSION : WITH_SUMS;
    out.put((byte) version);
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
    if (version >= WITH_SUMS) {
      putVarint(out, sums.size());
      for (byte[] sum : sums) {
        putVarint(out, sum.length);
        out.put(sum);
      }
    }
    if (version == WITH_VALUES) {
      putVarint(out, values.size());
      for (int i = 0; i < values.size(); i++) {
        out.putFloat(values.value(i));
      }
      for (int i = 0; i < values.size(); i++) {
        putVarint(out, values.count(i));
      }
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  static Statistic decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int version = in.get() & 0xFF;
      if (version < VERSION || version > WITH_VALUES) {
        throw new IllegalArgumentException(
            "The statistic has format version %d, this program reads versions %d to %d"
                .formatted(version, VERSION, WITH_VALUES));
      }
      Statistic statistic = decodeBody(in, version);
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("%d bytes are left over".formatted(in.remaining()));
      }
      return statistic;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(
          "A statistic of %d bytes is cut short".formatted(bytes.length), e);
    }
  }

  private static Statistic decodeBody(ByteBuffer in, int version) {
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
        new ChannelRanges(channelMin, channelMax),
        version >= WITH_SUMS ? getSums(in, version) : ChannelSums.NONE,
        version == WITH_VALUES ? Optional.of(getValues(in)) : Optional.empty());
  }

  private static DistinctValues getValues(ByteBuffer in) {
    int size = getInt(in, "values");
    if (size == 0) {
      throw new IllegalArgumentException("A statistic of version 3 keeps no values");
    }
    float[] values = new float[checkedLength(size, in.remaining() / 5)];
    long[] counts = new long[size];
    for (int i = 0; i < size; i++) {
      values[i] = getFloat(in);
    }
    for (int i = 0; i < size; i++) {
      counts[i] = getVarint(in);
    }
    return new DistinctValues(values, counts);
  }

  private static ChannelSums getSums(ByteBuffer in, int version) {
    int count = checkedLength(getInt(in, "sums"), in.remaining());
    if (count == 0 && version == WITH_SUMS) {
      throw new IllegalArgumentException("A statistic of version 2 has no sums");
    }
    List<BigInteger> sums = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[checkedLength(getInt(in, "bytes of a sum"), in.remaining())];
      in.get(bytes);
      if (bytes.length == 0 || new BigInteger(bytes).toByteArray().length != bytes.length) {
        throw new IllegalArgumentException("A sum of a statistic is padded");
      }
      sums.add(new BigInteger(bytes));
    }
    return new ChannelSums(sums);
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
      throw new IllegalArgumentException("A number of a statistic is -0.0, only 0.0 is used");
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
