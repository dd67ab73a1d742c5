package org.calibeam.core.observe;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Fills a {@link Statistic} in place, for the one thread that runs samples.
 *
 * <p>What a sample shows counts only once {@link #sampleDone} was called: if the sample fails half
 * way, {@link #discardSample} takes all of it back, and the statistic is that of the good samples.
 * A tensor may be observed any number of times within a sample, as loops and shared observers do.
 * One that is the same every time is read once: {@link #observeConstant}, then {@link #repeat}.
 */
public final class StatisticAccumulator {
  /** Up to this many values of a sample are binned only when it is done. */
  private static final int FEW = 2048;

  private static final int UNSET = Integer.MIN_VALUE;

  private final int bins;

  /** Dimension of the channels that are summed up, -1 if none are. */
  private final int sumAxis;

  private final @Nullable ChannelSummer summer;
  private final long[] histogram;
  private int exponent = UNSET;
  private long samples;
  private Counts counts = Counts.NONE;
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;
  private ChannelRanges channels = ChannelRanges.NONE;
  private final DistinctCounter distinct = new DistinctCounter();

  // The sample being observed. Few values are kept as they are, more go to the counter at once.
  private final float[] few = new float[FEW];
  private int fewCount;
  private @Nullable BinCounter counter;

  /** Of the values that are not kept as they are. */
  private final DistinctCounter sampleDistinct = new DistinctCounter();

  private long sampleFinite;

  /** Zeros found so far; those among the few values are found at the end of the sample. */
  private long sampleZeros;

  private long sampleNans;
  private long samplePositiveInfinities;
  private long sampleNegativeInfinities;
  private float sampleMin = Float.POSITIVE_INFINITY;
  private float sampleMax = Float.NEGATIVE_INFINITY;
  private ChannelRanges sampleChannels = ChannelRanges.NONE;

  private final RepeatedConstants constants = new RepeatedConstants();

  /** An accumulator of {@link Histogram#DEFAULT_BINS} bins. */
  public StatisticAccumulator() {
    this(Histogram.DEFAULT_BINS);
  }

  public StatisticAccumulator(int bins) {
    this(bins, -1);
  }

  private StatisticAccumulator(int bins, int sumAxis) {
    Histogram.checkBins(bins);
    this.bins = bins;
    this.sumAxis = sumAxis;
    this.summer = sumAxis < 0 ? null : new ChannelSummer();
    this.histogram = Histogram.room(bins);
  }

  /** One that also sums up the channels along dimension {@code axis}, by {@link #sum}. */
  public static StatisticAccumulator summing(int bins, int axis) {
    return new StatisticAccumulator(bins, axis);
  }

  /** The dimension whose channels are to be summed up, empty if none are. */
  public OptionalInt sumAxis() {
    return summer == null ? OptionalInt.empty() : OptionalInt.of(sumAxis);
  }

  /**
   * Adds all remaining values to the sums of their channels; position and limit stay as they are.
   *
   * @param channels how many there are
   * @param inner elements between neighbours along the channel axis, in memory
   */
  public void sum(FloatBuffer values, int channels, long inner) {
    if (summer != null) {
      summer.add(values, channels, inner);
    }
  }

  /** Observes all remaining values; position and limit stay as they are. */
  public void observe(FloatBuffer values) {
    FloatBuffer view = values.duplicate();
    float[] chunk = new float[Math.min(FEW, view.remaining())];
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    while (view.hasRemaining()) {
      int n = Math.min(view.remaining(), chunk.length);
      view.get(chunk, 0, n);
      for (int i = 0; i < n; i++) {
        low = Math.min(low, chunk[i]);
        high = Math.max(high, chunk[i]);
      }
    }
    observe(values, low, high);
  }

  /**
   * Observes all remaining values; position and limit stay as they are.
   *
   * @param low their least value as {@code aten::aminmax} gives it: NaN if any of them is NaN
   * @param high their greatest value, likewise
   */
  public void observe(FloatBuffer values, float low, float high) {
    FloatBuffer view = values.duplicate();
    if (!view.hasRemaining()) {
      return;
    }
    if (!(Float.isFinite(low) && Float.isFinite(high))) {
      observeMixed(view);
      return;
    }
    sampleFinite += view.remaining();
    sampleMin = Math.min(sampleMin, low);
    sampleMax = Math.max(sampleMax, high);
    if (view.remaining() <= few.length - fewCount) {
      int n = view.remaining();
      view.get(few, fewCount, n);
      fewCount += n;
      return;
    }
    if (!distinct.tooMany() && !sampleDistinct.tooMany()) {
      sampleDistinct.count(view.duplicate());
    }
    if (low == 0 && high == 0) {
      sampleZeros += view.remaining();
    } else {
      sampleZeros += widenedCounter().count(view);
    }
  }

  /**
   * Observes a constant that was observed before.
   *
   * @param constant what stands for its values
   * @return false if it was never observed; then {@link #observeConstant} has to be called
   */
  public boolean repeat(long constant) {
    return constants.repeat(constant);
  }

  /**
   * Observes all remaining values, which will be the same whenever {@code constant} is observed.
   *
   * @param low as for {@link #observe(FloatBuffer, float, float)}
   */
  public void observeConstant(long constant, FloatBuffer values, float low, float high) {
    StatisticAccumulator once = new StatisticAccumulator(bins);
    once.observe(values, low, high);
    once.take();
    constants.add(constant, once.snapshot());
  }

  /** Counts NaN and infinities apart, then observes the rest. */
  private void observeMixed(FloatBuffer values) {
    float[] finite = new float[values.remaining()];
    int n = 0;
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    while (values.hasRemaining()) {
      float value = values.get();
      if (Float.isFinite(value)) {
        finite[n++] = value;
        low = Math.min(low, value);
        high = Math.max(high, value);
      } else if (Float.isNaN(value)) {
        sampleNans++;
      } else if (value > 0) {
        samplePositiveInfinities++;
      } else {
        sampleNegativeInfinities++;
      }
    }
    if (n > 0) {
      observe(FloatBuffer.wrap(finite, 0, n), low, high);
    }
  }

  /**
   * Observes a tensor and the range of each of its channels.
   *
   * @param values in row-major order
   * @param chAxis the dimension of {@code sizes} that counts channels
   * @throws IllegalArgumentException if an earlier tensor had another number of channels
   */
  public void observeChannels(float[] values, long[] sizes, int chAxis) {
    ChannelRanges ranges = ChannelRanges.of(values, sizes, chAxis);
    ChannelRanges.merge(channels, ranges); // throws before anything is counted
    sampleChannels = ChannelRanges.merge(sampleChannels, ranges);
    observe(FloatBuffer.wrap(values));
  }

  private BinCounter widenedCounter() {
    if (counter == null) {
      counter = new BinCounter(bins);
    }
    counter.widen(exponentWithSample(), sampleMin, sampleMax);
    return counter;
  }

  /** The exponent that all values need, those of the open sample included. */
  private int exponentWithSample() {
    float low = Math.min(min, sampleMin);
    float high = Math.max(max, sampleMax);
    return low == 0 && high == 0 ? exponent : Histogram.exponentFor(low, high, bins);
  }

  /** Ends a sample: all that was observed since the last one counts from now on. */
  public void sampleDone() {
    if (take()) {
      samples++;
    }
    if (summer != null) {
      summer.sampleDone();
    }
  }

  /** Forgets all that was observed since the last finished sample. */
  public void discardSample() {
    if (counter != null) {
      counter.clear();
    }
    if (summer != null) {
      summer.discardSample();
    }
    constants.discardSample();
    clearSample();
  }

  /** Adds the open sample to the rest; false if it has shown nothing. */
  private boolean take() {
    boolean repeats = constants.take();
    long others = sampleNans + samplePositiveInfinities + sampleNegativeInfinities;
    if (sampleFinite + others == 0) {
      return repeats;
    }
    long zeros = sampleZeros;
    if (sampleFinite > 0) {
      if (!distinct.tooMany()) {
        distinct.addAll(sampleDistinct);
        distinct.count(few, fewCount);
      }
      widenTo(exponentWithSample());
      zeros += takeFew();
      if (counter != null && !counter.isEmpty()) {
        counter.drainInto(histogram, exponent);
      }
      min = Math.min(min, sampleMin);
      max = Math.max(max, sampleMax);
    }
    counts =
        counts.plus(
            new Counts(
                zeros,
                sampleFinite - zeros,
                sampleNans,
                samplePositiveInfinities,
                sampleNegativeInfinities));
    channels = ChannelRanges.merge(channels, sampleChannels);
    clearSample();
    return true;
  }

  private void widenTo(int atLeast) {
    if (atLeast <= exponent) {
      return;
    }
    if (exponent != UNSET) {
      Histogram.widen(histogram, atLeast - exponent);
    }
    exponent = atLeast;
  }

  /** Counts the values kept; returns the number of zeros among them. */
  private long takeFew() {
    double scale = exponent == UNSET ? 0 : Math.scalb(1.0, -exponent);
    int zero = bins;
    long zeros = 0;
    for (int i = 0; i < fewCount; i++) {
      histogram[zero + (int) (few[i] * scale)]++;
      zeros += ((Float.floatToRawIntBits(few[i]) & 0x7FFFFFFF) - 1) >>> 31;
    }
    histogram[zero] -= zeros;
    return zeros;
  }

  private void clearSample() {
    sampleDistinct.clear();
    fewCount = 0;
    sampleFinite = 0;
    sampleZeros = 0;
    sampleNans = 0;
    samplePositiveInfinities = 0;
    sampleNegativeInfinities = 0;
    sampleMin = Float.POSITIVE_INFINITY;
    sampleMax = Float.NEGATIVE_INFINITY;
    sampleChannels = ChannelRanges.NONE;
  }

  /**
   * The statistic of all finished samples; more may follow.
   *
   * @throws IllegalStateException if a sample is open
   */
  public Statistic snapshot() {
    if (sampleFinite
            + sampleNans
            + samplePositiveInfinities
            + sampleNegativeInfinities
            + constants.inSample()
        > 0) {
      throw new IllegalStateException(
          "A sample is open: call sampleDone or discardSample before snapshot");
    }
    Statistic seen =
        new Statistic(
            samples,
            counts,
            min,
            max,
            Histogram.trimmed(exponent, histogram),
            channels,
            ChannelSums.NONE,
            distinct.toValues());
    seen = constants.mergedInto(seen);
    return summer == null
        ? seen
        : new Statistic(
            seen.samples(),
            seen.counts(),
            seen.min(),
            seen.max(),
            seen.histogram(),
            seen.channels(),
            summer.sums(),
            seen.distinct());
  }

  /** Forgets everything but what constants look like. */
  public void reset() {
    discardSample();
    constants.reset();
    if (summer != null) {
      summer.reset();
    }
    Arrays.fill(histogram, 0);
    exponent = UNSET;
    samples = 0;
    counts = Counts.NONE;
    min = Float.POSITIVE_INFINITY;
    max = Float.NEGATIVE_INFINITY;
    channels = ChannelRanges.NONE;
    distinct.clear();
  }

  /**
   * The statistic of one constant, which no sample shows.
   *
   * @param values in row-major order
   * @param chAxis the dimension of {@code sizes} that counts channels
   */
  public static Statistic ofWeight(float[] values, long[] sizes, int chAxis) {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observeChannels(values, sizes, chAxis);
    accumulator.take();
    return accumulator.snapshot();
  }
}
