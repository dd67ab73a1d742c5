package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DistinctValuesTest {
  private static final int MOST = DistinctValues.MOST_VALUES;

  private static float[] levels(int from, int to) {
    float[] values = new float[to - from];
    for (int i = 0; i < values.length; i++) {
      values[i] = (from + i) / 8f;
    }
    return values;
  }

  private static DistinctValues kept(Statistic statistic) {
    return statistic.distinct().orElseThrow();
  }

  @Test
  void observe_fewLevelsInLargeTensors_keepsEachWithItsCount() {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[100_000];
    long[] counts = new long[16];
    for (int i = 0; i < values.length; i++) {
      int level = random.nextInt(16);
      counts[level]++;
      values[i] = level / 8f - 1;
    }
    DistinctValues kept = kept(StatisticTest.of(64, values));
    assertThat(kept.counts()).isEqualTo(counts);
    assertThat(kept.values()).startsWith(-1f, -0.875f).endsWith(0.875f);
    assertThat(kept.total()).isEqualTo(values.length);
  }

  @Test
  void observe_oneValueTooMany_keepsNone() {
    assertThat(kept(StatisticTest.of(64, levels(-7, MOST - 7))).size()).isEqualTo(MOST);
    assertThat(StatisticTest.of(64, levels(-7, MOST - 6)).distinct()).isEmpty();
    assertThat(StatisticTest.of(64, levels(0, 3000), levels(2000, MOST)).distinct()).isPresent();
    assertThat(StatisticTest.of(64, levels(0, 3000), levels(2000, MOST + 1)).distinct()).isEmpty();
  }

  @Test
  void observe_oneElementTooMany_keepsNone() {
    float[] half = new float[(int) (DistinctValues.MOST_ELEMENTS / 2)];
    half[3] = 1;
    assertThat(kept(StatisticTest.of(64, half, half)).total())
        .isEqualTo(DistinctValues.MOST_ELEMENTS);
    assertThat(StatisticTest.of(64, half, half, new float[1]).distinct()).isEmpty();
    Statistic once = StatisticTest.of(64, half);
    assertThat(Statistic.merge(once, once)).isEqualTo(StatisticTest.of(64, half, half));
    assertThat(once.times(2)).isEqualTo(Statistic.merge(once, once));
    assertThat(once.times(3).distinct()).isEmpty();
    assertThat(Statistic.merge(once.times(2), once)).isEqualTo(once.times(3));
  }

  @Test
  void times_manyTimes_neverOverflows() {
    Statistic once = StatisticTest.of(64, new float[] {1, 2});
    assertThat(kept(once.times(DistinctValues.MOST_ELEMENTS / 2)).count(1))
        .isEqualTo(DistinctValues.MOST_ELEMENTS / 2);
    assertThat(once.times(1L << 61).distinct()).isEmpty();
  }

  @Test
  void reset_afterTooMany_countsAnew() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observe(FloatBuffer.wrap(levels(0, 2 * MOST)));
    accumulator.sampleDone();
    assertThat(accumulator.snapshot().distinct()).isEmpty();
    accumulator.reset();
    accumulator.observe(FloatBuffer.wrap(new float[] {3, 3}));
    accumulator.sampleDone();
    assertThat(kept(accumulator.snapshot()))
        .isEqualTo(new DistinctValues(new float[] {3}, new long[] {2}));
  }

  @Test
  void discardSample_ofTooMany_keepsWhatWasThere() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observe(FloatBuffer.wrap(new float[] {3, 3}));
    accumulator.sampleDone();
    accumulator.observe(FloatBuffer.wrap(levels(0, 2 * MOST)));
    accumulator.discardSample();
    assertThat(kept(accumulator.snapshot()).size()).isEqualTo(1);
  }

  /** Some parts keep their values and some do not; all of them together may or may not. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void merge_anyPartitionAndTree_equalsSinglePass(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int different = seed % 2 == 0 ? MOST : MOST + 1;
    List<float[]> samples = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      float[] values = new float[random.nextInt(4000)];
      for (int j = 0; j < values.length; j++) {
        values[j] = random.nextInt(different) - 1000;
      }
      samples.add(values);
    }
    samples.add(new float[] {Float.NaN, -0f, Float.POSITIVE_INFINITY, -1000f});
    float[] all = new float[different];
    for (int i = 0; i < all.length; i++) {
      all[i] = i - 1000;
    }
    samples.add(all);
    Statistic expected = StatisticTest.of(64, samples.toArray(new float[0][]));
    assertThat(expected.distinct().isPresent()).isEqualTo(different == MOST);

    for (int trial = 0; trial < 10; trial++) {
      List<Statistic> parts = new ArrayList<>();
      samples.forEach(sample -> parts.add(StatisticTest.of(64, sample)));
      while (parts.size() > 1) {
        Statistic a = parts.remove(random.nextInt(parts.size()));
        Statistic b = parts.remove(random.nextInt(parts.size()));
        parts.add(Statistic.merge(a, b));
      }
      assertThat(parts.get(0).toBytes()).as("trial %d", trial).isEqualTo(expected.toBytes());
    }
  }

  @Test
  void merge_withOneThatKeepsNone_keepsNone() {
    Statistic kept = StatisticTest.of(64, new float[] {1, 2});
    Statistic earlier = StatisticTest.withoutValues(StatisticTest.of(64, new float[] {2}));
    assertThat(Statistic.merge(kept, earlier).distinct()).isEmpty();
    assertThat(Statistic.merge(earlier, Statistic.empty(64))).isEqualTo(earlier);
  }

  @Test
  void new_valuesThatCannotBe_areRefused() {
    float[] two = {1, 2};
    long[] once = {1, 1};
    assertThatThrownBy(() -> new DistinctValues(two, new long[] {1}))
        .hasMessage("2 values with 1 counts, at most 4096 are kept");
    assertThatThrownBy(() -> new DistinctValues(new float[] {2, 1}, once))
        .hasMessage("Value 1, 1.0, is out of order or not allowed");
    assertThatThrownBy(() -> new DistinctValues(new float[] {-0f, 1}, once))
        .hasMessage("Value 0, -0.0, is out of order or not allowed");
    assertThatThrownBy(() -> new DistinctValues(new float[] {1, Float.NaN}, once))
        .hasMessageContaining("not allowed");
    assertThatThrownBy(() -> new DistinctValues(two, new long[] {1, 0}))
        .hasMessage("0 values of 2.0 were counted");
    assertThatThrownBy(() -> new DistinctValues(two, new long[] {1, 1L << 40}))
        .hasMessageContaining("at most 16777216 may be");
  }

  @Test
  void newStatistic_otherValuesThanCounted_areRefused() {
    Statistic seen = StatisticTest.of(64, new float[] {0, 1, 2});
    assertThatThrownBy(() -> with(seen, new float[] {0, 2}, new long[] {1, 1}))
        .hasMessage("2 values with 1 zeros are kept, 3 with 1 zeros were counted");
    assertThatThrownBy(() -> with(seen, new float[] {0, 1, 300}, new long[] {1, 1, 1}))
        .hasMessage("Values from 0.0 to 300.0 are kept, the range is [0.0, 2.0]");
    assertThatThrownBy(() -> with(seen, new float[] {0, 0.01f, 2}, new long[] {1, 1, 1}))
        .hasMessage("The value 0.01 is kept, but no bin counts it");
    assertThatThrownBy(() -> with(seen, new float[] {0, 2}, new long[] {1, 2}))
        .hasMessage("0 values are kept of a bin that counts 1");
  }

  private static Statistic with(Statistic s, float[] values, long[] counts) {
    return new Statistic(
        s.samples(),
        s.counts(),
        s.min(),
        s.max(),
        s.histogram(),
        s.channels(),
        s.channelSums(),
        Optional.of(new DistinctValues(values, counts)));
  }
}
