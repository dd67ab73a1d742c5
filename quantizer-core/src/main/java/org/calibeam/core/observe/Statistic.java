package org.calibeam.core.observe;

import java.util.Optional;

/**
 * What an observer has seen of its tensor: all that any calibrator needs, without the values once
 * there are many.
 *
 * <p>A statistic is a function of the multiset of observed values and of the number of samples
 * alone. <b>Merge law: exact, associative and commutative</b>, with {@link #empty} as identity; any
 * split of the samples, any order and any tree of merges give equal statistics and equal bytes.
 *
 * <p>NaN and infinities are counted and enter neither {@code min} and {@code max} nor the histogram
 * nor the channels. -0.0 counts as 0.0. Zeros are counted apart from the histogram, since an
 * all-zero tensor has no width to offer.
 *
 * @param samples how many samples contributed at least one element; 0 for a weight
 * @param min least finite value, +inf if there is none
 * @param max greatest finite value, -inf if there is none
 * @param histogram of the finite values that are not zero
 * @param channels {@link ChannelRanges#NONE} unless the observer has a channel axis
 * @param channelSums {@link ChannelSums#NONE} unless a repair asks for them
 * @param distinct the finite values themselves while they are few, as {@link DistinctValues} has
 *     it; empty too if any part was read from a file that does not keep them
 */
public record Statistic(
    long samples,
    Counts counts,
    float min,
    float max,
    Histogram histogram,
    ChannelRanges channels,
    ChannelSums channelSums,
    Optional<DistinctValues> distinct) {
  /** Has seen nothing, in {@link Histogram#DEFAULT_BINS} bins. */
  public static final Statistic EMPTY = empty(Histogram.DEFAULT_BINS);

  /**
   * Checks that the parts fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public Statistic {
    min += 0f;
    max += 0f;
    checkExtremes(min, max);
    if (samples < 0) {
      throw new IllegalArgumentException("%d samples".formatted(samples));
    }
    if (histogram.total() != counts.nonZeros()) {
      throw new IllegalArgumentException(
          "The histogram holds %d values, %d were counted"
              .formatted(histogram.total(), counts.nonZeros()));
    }
    if (min <= max != counts.finite() > 0) {
      throw new IllegalArgumentException(
          "%d finite values cannot have the range [%s, %s]".formatted(counts.finite(), min, max));
    }
    if ((min > 0 || max < 0) && min <= max && counts.zeros() > 0) {
      throw new IllegalArgumentException(
          "%d zeros lie outside of [%s, %s]".formatted(counts.zeros(), min, max));
    }
    if (!histogram.isEmpty()) {
      int last = histogram.first() + histogram.occupied() - 1;
      if (min != 0 && binOf(min, histogram) != histogram.first()
          || max != 0 && binOf(max, histogram) != last
          || min == 0 && histogram.first() < 0
          || max == 0 && last > 0) {
        throw new IllegalArgumentException(
            "The range [%s, %s] does not end in the outer bins of the histogram: %s"
                .formatted(min, max, histogram));
      }
    }
    for (int i = 0; i < channels.channels(); i++) {
      if (channels.min()[i] < min || channels.max()[i] > max) {
        throw new IllegalArgumentException(
            "Channel %d exceeds the range [%s, %s]".formatted(i, min, max));
      }
    }
    if (counts.finite() == 0) {
      distinct = Optional.of(DistinctValues.NONE);
    }
    checkDistinct(distinct, counts, min, max, histogram);
  }

  /** Has seen nothing; merging it changes nothing. */
  public static Statistic empty(int bins) {
    return new Statistic(
        0,
        Counts.NONE,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Histogram.empty(bins),
        ChannelRanges.NONE,
        ChannelSums.NONE,
        Optional.of(DistinctValues.NONE));
  }

  /** The values kept are those that were counted: of each kind, and in each bin. */
  private static void checkDistinct(
      Optional<DistinctValues> distinct, Counts counts, float min, float max, Histogram histogram) {
    if (distinct.isEmpty()) {
      return;
    }
    DistinctValues values = distinct.get();
    if (values.size() > 0 && (values.value(0) != min || values.value(values.size() - 1) != max)) {
      throw new IllegalArgumentException(
          "Values from %s to %s are kept, the range is [%s, %s]"
              .formatted(values.value(0), values.value(values.size() - 1), min, max));
    }
    if (values.total() != counts.finite() || values.countOf(0) != counts.zeros()) {
      throw new IllegalArgumentException(
          "%d values with %d zeros are kept, %d with %d zeros were counted"
              .formatted(values.total(), values.countOf(0), counts.finite(), counts.zeros()));
    }
    long[] inBins = new long[histogram.occupied()];
    for (int i = 0; i < values.size(); i++) {
      if (values.value(i) != 0) {
        int bin = binOf(values.value(i), histogram) - histogram.first();
        if (bin < 0 || bin >= inBins.length) {
          throw new IllegalArgumentException(
              "The value %s is kept, but no bin counts it".formatted(values.value(i)));
        }
        inBins[bin] += values.count(i);
      }
    }
    for (int bin = 0; bin < inBins.length; bin++) {
      if (inBins[bin] != histogram.count(bin)) {
        throw new IllegalArgumentException(
            "%d values are kept of a bin that counts %d"
                .formatted(inBins[bin], histogram.count(bin)));
      }
    }
  }

  static void checkExtremes(float min, float max) {
    boolean none = min == Float.POSITIVE_INFINITY && max == Float.NEGATIVE_INFINITY;
    if (!none && !(min <= max && Float.isFinite(min) && Float.isFinite(max))) {
      throw new IllegalArgumentException(
          "The range [%s, %s] is neither finite nor empty".formatted(min, max));
    }
  }

  private static int binOf(float value, Histogram histogram) {
    return Histogram.binOf(value, histogram.exponent());
  }

  /** Whether no element at all was seen. */
  public boolean isEmpty() {
    return counts.elements() == 0;
  }

  /** Elements of all kinds. */
  public long elements() {
    return counts.elements();
  }

  /**
   * How many finite values have a magnitude of at most {@code distance}, zeros among them. A bin of
   * the histogram that begins within it counts wholly, so this is never too few, and too many by no
   * more than what lies one bin beyond.
   */
  public long within(double distance) {
    long count = counts.zeros();
    for (int i = 0; i < histogram.occupied(); i++) {
      if (histogram.low(i) <= distance && histogram.high(i) >= -distance) {
        count = Math.addExact(count, histogram.count(i));
      }
    }
    return count;
  }

  /** Number of bins of the histogram. */
  public int bins() {
    return histogram.bins();
  }

  /**
   * The statistic of what both have seen. Neither is changed.
   *
   * @throws IllegalArgumentException if the numbers of bins or of channels differ
   */
  public static Statistic merge(Statistic a, Statistic b) {
    if (!a.isEmpty() && !b.isEmpty() && a.channels.channels() != b.channels.channels()) {
      throw new IllegalArgumentException(
          "Cannot merge a statistic of %d channels with one of %d channels"
              .formatted(a.channels.channels(), b.channels.channels()));
    }
    return new Statistic(
        Math.addExact(a.samples, b.samples),
        a.counts.plus(b.counts),
        Math.min(a.min, b.min),
        Math.max(a.max, b.max),
        Histogram.merge(a.histogram, b.histogram),
        ChannelRanges.merge(a.channels, b.channels),
        mergedSums(a, b),
        DistinctValues.merge(a.distinct, b.distinct));
  }

  private static ChannelSums mergedSums(Statistic a, Statistic b) {
    boolean mixed = a.channelSums.channels() == 0 != (b.channelSums.channels() == 0);
    if (mixed && !a.isEmpty() && !b.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot merge a statistic with sums of channels with one without");
    }
    return ChannelSums.merge(a.channelSums, b.channelSums);
  }

  /**
   * The statistic of the same elements seen {@code n} times, equal to that of merging it {@code n}
   * times.
   *
   * @throws IllegalArgumentException if {@code n} is negative
   */
  public Statistic times(long n) {
    if (n < 0) {
      throw new IllegalArgumentException("Nothing can be seen %d times".formatted(n));
    }
    return n == 0
        ? empty(bins())
        : new Statistic(
            Math.multiplyExact(samples, n),
            counts.times(n),
            min,
            max,
            histogram.times(n),
            channels,
            channelSums.times(n),
            distinct.flatMap(values -> values.times(n)));
  }

  /** The same without sums of channels: all that scales and zero points need. */
  public Statistic withoutSums() {
    return channelSums.channels() == 0
        ? this
        : new Statistic(samples, counts, min, max, histogram, channels, ChannelSums.NONE, distinct);
  }

  /** The canonical encoding: equal statistics have equal bytes. See {@link StatisticFormat}. */
  public byte[] toBytes() {
    return StatisticFormat.encode(this);
  }

  /**
   * The statistic that {@link #toBytes} encoded.
   *
   * @throws IllegalArgumentException if the bytes are of another format version or damaged
   */
  public static Statistic fromBytes(byte[] bytes) {
    return StatisticFormat.decode(bytes);
  }
}
