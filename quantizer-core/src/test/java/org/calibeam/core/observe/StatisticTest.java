package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticTest {
  private static final int BINS = 64;

  static Stream<Map.Entry<String, float[]>> awkward() {
    return Awkward.all().entrySet().stream();
  }

  static Statistic of(int bins, float[]... samples) {
    StatisticAccumulator accumulator = new StatisticAccumulator(bins);
    for (float[] sample : samples) {
      accumulator.observe(FloatBuffer.wrap(sample));
      accumulator.sampleDone();
    }
    return accumulator.snapshot();
  }

  /** The definition, one value at a time and without any widening. */
  static Statistic byDefinition(int bins, float[]... samples) {
    long zeros = 0;
    long nans = 0;
    long positive = 0;
    long negative = 0;
    long contributing = 0;
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    List<Float> others = new ArrayList<>();
    TreeMap<Float, Long> different = new TreeMap<>();
    for (float[] sample : samples) {
      contributing += sample.length > 0 ? 1 : 0;
      for (float value : sample) {
        if (Float.isNaN(value)) {
          nans++;
        } else if (value == Float.POSITIVE_INFINITY) {
          positive++;
        } else if (value == Float.NEGATIVE_INFINITY) {
          negative++;
        } else {
          min = Math.min(min, value);
          max = Math.max(max, value);
          different.merge(value == 0 ? 0f : value, 1L, Long::sum);
          if (value == 0) {
            zeros++;
          } else {
            others.add(value);
          }
        }
      }
    }
    Histogram histogram = Histogram.empty(bins);
    if (!others.isEmpty()) {
      double below = Math.max(0, -(double) min);
      double above = Math.max(0, (double) max);
      int exponent = -400;
      while (Math.floor(below / Math.pow(2, exponent))
              + 1
              + Math.floor(above / Math.pow(2, exponent))
          > bins) {
        exponent++;
      }
      long[] counts = new long[2 * bins];
      for (float value : others) {
        int magnitudeBin = (int) Math.floor(Math.abs((double) value) / Math.pow(2, exponent));
        counts[value > 0 ? bins + magnitudeBin : bins - magnitudeBin]++;
      }
      histogram = Histogram.trimmed(exponent, counts);
    }
    return new Statistic(
        contributing,
        new Counts(zeros, others.size(), nans, positive, negative),
        min,
        max,
        histogram,
        ChannelRanges.NONE,
        ChannelSums.NONE,
        kept(different));
  }

  private static Optional<DistinctValues> kept(TreeMap<Float, Long> different) {
    long elements = different.values().stream().mapToLong(n -> n).sum();
    if (different.size() > DistinctValues.MOST_VALUES || elements > DistinctValues.MOST_ELEMENTS) {
      return Optional.empty();
    }
    float[] values = new float[different.size()];
    int n = 0;
    for (float value : different.keySet()) {
      values[n++] = value;
    }
    return Optional.of(
        new DistinctValues(
            values, different.values().stream().mapToLong(count -> count).toArray()));
  }

  @Test
  void within_anyDistance_countsNeitherTooFewNorBeyondOneBin() {
    float[] values = {-3, -1.02f, -1, -0.25f, 0, 0, 0.5f, 1, 1.01f, 3.9f, Float.NaN};
    Statistic seen = of(Histogram.INT16_BINS, values);

    assertThat(seen.within(0)).isEqualTo(2);
    assertThat(seen.within(0.25)).isEqualTo(3);
    assertThat(seen.within(1)).isEqualTo(6);
    assertThat(seen.within(1.015)).isEqualTo(7);
    assertThat(seen.within(100)).isEqualTo(10);
    assertThat(Statistic.EMPTY.within(1)).isZero();
  }

  @ParameterizedTest
  @MethodSource("awkward")
  void observe_awkwardData_isTheDefinition(Map.Entry<String, float[]> data) {
    for (int bins : new int[] {4, BINS, Histogram.DEFAULT_BINS, Histogram.INT16_BINS}) {
      assertThat(of(bins, data.getValue()))
          .as("%s, %d bins", data.getKey(), bins)
          .isEqualTo(byDefinition(bins, data.getValue()));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void observe_wildData_isTheDefinition(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] samples = new float[8][];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = Awkward.wild(random, random.nextInt(6000));
    }
    int bins = 4 << random.nextInt(12);
    assertThat(of(bins, samples))
        .as("seed %d, %d bins", seed, bins)
        .isEqualTo(byDefinition(bins, samples));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void merge_anyPartitionOrderAndTree_equalsSinglePass(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<float[]> samples = new ArrayList<>(Awkward.all().values());
    for (int i = 0; i < 12; i++) {
      samples.add(Awkward.wild(random, random.nextInt(300)));
    }
    byte[] expected = of(BINS, samples.toArray(new float[0][])).toBytes();

    for (int trial = 0; trial < 20; trial++) {
      shuffle(samples, random);
      List<Statistic> shards = new ArrayList<>();
      for (int at = 0; at < samples.size(); ) {
        int end = Math.min(samples.size(), at + random.nextInt(5));
        shards.add(of(BINS, samples.subList(at, end).toArray(new float[0][])));
        at = end;
      }
      while (shards.size() > 1) {
        Statistic a = shards.remove(random.nextInt(shards.size()));
        Statistic b = shards.remove(random.nextInt(shards.size()));
        shards.add(Statistic.merge(a, b));
      }
      assertThat(shards.get(0).toBytes()).as("seed %d, trial %d", seed, trial).isEqualTo(expected);
    }
  }

  private static <T> void shuffle(List<T> list, SplittableRandom random) {
    for (int i = list.size() - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      T swapped = list.get(i);
      list.set(i, list.get(j));
      list.set(j, swapped);
    }
  }

  @ParameterizedTest
  @MethodSource("awkward")
  void merge_empty_changesNothing(Map.Entry<String, float[]> data) {
    Statistic statistic = of(BINS, data.getValue());
    Statistic empty = Statistic.empty(BINS);
    assertThat(Statistic.merge(statistic, empty)).isEqualTo(statistic);
    assertThat(Statistic.merge(empty, statistic)).isEqualTo(statistic);
  }

  /** Each range fits its bins alone; the union needs wider ones. */
  @Test
  void merge_rangesOfOneSignEach_widensForBoth() {
    Statistic negative = of(BINS, new float[] {-1f, -0.3f});
    Statistic positive = of(BINS, new float[] {0.9f, 0.01f});
    Statistic both = of(BINS, new float[] {-1f, -0.3f}, new float[] {0.9f, 0.01f});

    assertThat(both.histogram().exponent()).isEqualTo(positive.histogram().exponent() + 1);
    assertThat(Statistic.merge(negative, positive)).isEqualTo(both);
    assertThat(Statistic.merge(positive, negative)).isEqualTo(both);
  }

  /** Files of earlier versions hold values of one sign in bins twice as wide as today's. */
  @Test
  void merge_widerBinsThanNeeded_keepsThem() {
    Statistic today = withoutValues(of(BINS, new float[] {1f, 1.5f, 1.75f}));
    long[] counts = Histogram.room(BINS);
    today.histogram().addTo(counts, today.histogram().exponent() + 1);
    Statistic earlier =
        new Statistic(
            today.samples(),
            today.counts(),
            today.min(),
            today.max(),
            Histogram.trimmed(today.histogram().exponent() + 1, counts),
            ChannelRanges.NONE,
            ChannelSums.NONE,
            Optional.empty());

    assertThat(Statistic.merge(earlier, today)).isEqualTo(earlier.times(2));
    assertThat(Statistic.merge(today, earlier)).isEqualTo(earlier.times(2));
  }

  @Test
  void merge_allZeroShardFirst_keepsResolution() {
    float[] small = {1e-6f, 3e-6f, -2e-6f};
    assertThat(Statistic.merge(of(BINS, new float[100]), of(BINS, small)).histogram().exponent())
        .isEqualTo(of(BINS, small).histogram().exponent());
  }

  @Test
  void merge_inputs_areNotChanged() {
    Statistic a = of(BINS, new float[] {1f, 2f});
    Statistic b = of(BINS, new float[] {-1000f});
    byte[] before = a.toBytes();
    Statistic.merge(a, b);
    assertThat(a.toBytes()).isEqualTo(before);
  }

  @Test
  void merge_differentBins_isRefusedWithBoth() {
    assertThatThrownBy(() -> Statistic.merge(Statistic.empty(64), Statistic.empty(128)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("64 bins")
        .hasMessageContaining("128 bins");
  }

  @Test
  void merge_differentChannels_isRefusedWithBoth() {
    Statistic three = StatisticAccumulator.ofWeight(new float[] {1, 2, 3}, new long[] {3}, 0);
    Statistic two = StatisticAccumulator.ofWeight(new float[] {1, 2}, new long[] {2}, 0);
    assertThatThrownBy(() -> Statistic.merge(three, two))
        .hasMessageContaining("3 channels")
        .hasMessageContaining("2 channels");
    assertThatThrownBy(() -> Statistic.merge(three, of(Histogram.DEFAULT_BINS, new float[] {1, 2})))
        .hasMessageContaining("3 channels")
        .hasMessageContaining("0 channels");
  }

  @ParameterizedTest
  @MethodSource("awkward")
  void fromBytes_ofToBytes_isTheSame(Map.Entry<String, float[]> data) {
    for (int bins : new int[] {BINS, Histogram.DEFAULT_BINS}) {
      Statistic statistic = of(bins, data.getValue());
      assertThat(Statistic.fromBytes(statistic.toBytes())).isEqualTo(statistic);
    }
  }

  @Test
  void fromBytes_ofChannels_isTheSame() {
    float[] values = {1, -2, -0f, Float.NaN, Float.NaN, Float.POSITIVE_INFINITY};
    Statistic statistic = StatisticAccumulator.ofWeight(values, new long[] {3, 2}, 0);
    assertThat(statistic.channels())
        .isEqualTo(
            new ChannelRanges(
                new float[] {-2, 0, Float.POSITIVE_INFINITY},
                new float[] {1, 0, Float.NEGATIVE_INFINITY}));
    assertThat(Statistic.fromBytes(statistic.toBytes())).isEqualTo(statistic);
  }

  /** Version 1 as it was first written, without the values; a later program must still read it. */
  @Test
  void fromBytes_versionOne_isReadWithoutValues() {
    String text =
        "01 08 01 02 00 00 00" // version, bins, samples, zeros, NaN, +inf, -inf
            + " 00 00 c0 bf 00 00 40 40" // -1.5 and 3
            + " 05 00 01 01 02 00 00 01" // five counts, exponent 0, from bin -1
            + " 00"; // no channels
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(text);
    Statistic read = Statistic.fromBytes(bytes);
    assertThat(read).isEqualTo(withoutValues(of(8, new float[] {-1.5f, 0.25f, 0.5f, 3f, 0f, -0f})));
    assertThat(read.toBytes()).isEqualTo(bytes);
  }

  /** Version 2, as programs that kept no values wrote it where a bias was to be corrected. */
  @Test
  void fromBytes_versionTwo_isReadWithoutValues() {
    String text =
        "02 08 01 00 00 00 00" // version, bins, samples, zeros, NaN, +inf, -inf
            + " 00 00 80 3f 00 00 40 40" // 1 and 3
            + " 03 00 02 01 00 01" // three counts, exponent 0, from bin 1
            + " 00" // no channels
            + " 01 02 01 00"; // one sum of two bytes, 256 units
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(text);
    Statistic read = Statistic.fromBytes(bytes);
    assertThat(read.distinct()).isEmpty();
    assertThat(read.histogram().exponent()).isZero();
    assertThat(read.channelSums().units()).containsExactly(BigInteger.valueOf(256));
    assertThat(read.toBytes()).isEqualTo(bytes);
  }

  @Test
  void toBytes_fewValues_areTheDocumentedForm() {
    String expected =
        "03 08 01 02 00 00 00" // version, bins, samples, zeros, NaN, +inf, -inf
            + " 00 00 c0 bf 00 00 40 40" // -1.5 and 3
            + " 05 00 01 01 02 00 00 01" // five counts, exponent 0, from bin -1
            + " 00 00" // no channels, no sums
            + " 05 00 00 c0 bf 00 00 00 00 00 00 80 3e 00 00 00 3f 00 00 40 40" // five values
            + " 01 02 01 01 01"; // and how often each was seen
    byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(expected);
    Statistic statistic = of(8, new float[] {-1.5f, 0.25f, 0.5f, 3f, 0f, -0f});
    assertThat(statistic.toBytes()).isEqualTo(bytes);
    assertThat(Statistic.fromBytes(bytes)).isEqualTo(statistic);
  }

  /** As if read from a file of a version that kept none. */
  static Statistic withoutValues(Statistic s) {
    return new Statistic(
        s.samples(),
        s.counts(),
        s.min(),
        s.max(),
        s.histogram(),
        s.channels(),
        s.channelSums(),
        Optional.empty());
  }

  @Test
  void fromBytes_anyDamagedByte_isRefusedOrAnotherStatistic() {
    byte[] bytes = of(64, Awkward.random(5, 500, -3, 4)).toBytes();
    Statistic original = Statistic.fromBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= (byte) (1 << (i % 8));
      try {
        Statistic read = Statistic.fromBytes(damaged);
        assertThat(read).isNotEqualTo(original);
        assertThat(read.toBytes()).isEqualTo(damaged);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void fromBytes_cutShortOrTooLong_isRefused() {
    byte[] bytes = of(64, Awkward.random(5, 500, -3, 4)).toBytes();
    for (int n = 0; n < bytes.length; n++) {
      byte[] cut = Arrays.copyOf(bytes, n);
      assertThatThrownBy(() -> Statistic.fromBytes(cut))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("cut short");
    }
    assertThatThrownBy(() -> Statistic.fromBytes(Arrays.copyOf(bytes, bytes.length + 1)))
        .hasMessageContaining("left over");
  }

  @Test
  void fromBytes_otherVersion_isRefusedWithBoth() {
    byte[] bytes = Statistic.EMPTY.toBytes();
    bytes[0] = 7;
    assertThatThrownBy(() -> Statistic.fromBytes(bytes))
        .hasMessage("The statistic has format version 7, this program reads versions 1 to 3");
  }
}
