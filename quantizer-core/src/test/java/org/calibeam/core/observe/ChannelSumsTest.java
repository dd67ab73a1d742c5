package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelSumsTest {
  private static final int CHANNELS = 3;

  /** Elements between neighbours along the channel axis. */
  private static final int INNER = 5;

  private static final int ELEMENTS = 2 * CHANNELS * INNER;
  private static final BigDecimal UNIT = new BigDecimal(Float.MIN_VALUE);

  private static StatisticAccumulator accumulator() {
    return StatisticAccumulator.summing(Histogram.DEFAULT_BINS, 1);
  }

  /** Any finite float, from subnormal to the greatest. */
  private static float[] tensor(Random random) {
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < values.length; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      values[i] = Float.isFinite(value) ? value : i;
    }
    return values;
  }

  private static void observe(StatisticAccumulator accumulator, float[] values) {
    accumulator.observe(FloatBuffer.wrap(values));
    accumulator.sum(FloatBuffer.wrap(values), CHANNELS, INNER);
  }

  private static List<BigInteger> byDefinition(List<float[]> tensors) {
    List<BigInteger> sums = new ArrayList<>(Collections.nCopies(CHANNELS, BigInteger.ZERO));
    for (float[] values : tensors) {
      for (int i = 0; i < values.length; i++) {
        int channel = i / INNER % CHANNELS;
        BigInteger units = new BigDecimal(values[i]).divide(UNIT).toBigIntegerExact();
        sums.set(channel, sums.get(channel).add(units));
      }
    }
    return sums;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void observe_anyFloats_areSummedUpExactly(long seed) {
    Random random = new Random(seed);
    List<float[]> tensors = new ArrayList<>();
    StatisticAccumulator accumulator = accumulator();
    for (int i = 0; i < 20; i++) {
      tensors.add(tensor(random));
      observe(accumulator, tensors.get(i));
      if (i % 3 == 0) {
        accumulator.sampleDone();
      }
    }
    accumulator.sampleDone();

    assertThat(accumulator.snapshot().channelSums().units()).isEqualTo(byDefinition(tensors));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void merge_anySplit_equalsSinglePass(long seed) {
    Random random = new Random(seed);
    StatisticAccumulator whole = accumulator();
    List<StatisticAccumulator> parts = List.of(accumulator(), accumulator(), accumulator());
    for (int i = 0; i < 30; i++) {
      float[] values = tensor(random);
      StatisticAccumulator part = parts.get(random.nextInt(parts.size()));
      for (StatisticAccumulator each : List.of(whole, part)) {
        observe(each, values);
        each.sampleDone();
      }
    }
    List<Statistic> statistics =
        new ArrayList<>(parts.stream().map(StatisticAccumulator::snapshot).toList());
    statistics.add(Statistic.EMPTY);
    Collections.shuffle(statistics, random);

    Statistic merged = statistics.stream().reduce(Statistic.EMPTY, Statistic::merge);
    assertThat(merged).isEqualTo(whole.snapshot());
    assertThat(merged.toBytes()).isEqualTo(whole.snapshot().toBytes());
    assertThat(Statistic.fromBytes(merged.toBytes())).isEqualTo(merged);
  }

  @Test
  void sum_moreThanACounterHolds_isExact() {
    int n = (1 << 23) + 12345;
    float[] values = new float[n];
    Arrays.fill(values, 1.9999999f);
    ChannelSummer summer = new ChannelSummer();
    for (int i = 0; i < 3; i++) {
      summer.add(FloatBuffer.wrap(values), 1, n);
      summer.sampleDone();
    }
    assertThat(summer.sums().sum(0)).isEqualTo(3.0 * n * 1.9999999f);
  }

  @Test
  void discardSample_takesItsSumsBack() {
    StatisticAccumulator accumulator = accumulator();
    observe(accumulator, tensor(new Random(1)));
    accumulator.sampleDone();
    Statistic before = accumulator.snapshot();
    observe(accumulator, tensor(new Random(2)));
    accumulator.discardSample();

    assertThat(accumulator.snapshot()).isEqualTo(before);
  }

  @Test
  void toBytes_withoutSumsOrValues_isOfVersionOne() {
    StatisticAccumulator plain = new StatisticAccumulator();
    plain.observe(FloatBuffer.wrap(new float[] {1, 2}));
    plain.sampleDone();

    Statistic statistic = StatisticTest.withoutValues(plain.snapshot());
    assertThat(statistic.toBytes()[0]).isEqualTo((byte) 1);
  }

  @Test
  void merge_withAndWithoutSums_isRefused() {
    StatisticAccumulator plain = new StatisticAccumulator();
    plain.observe(FloatBuffer.wrap(new float[] {1, 2}));
    plain.sampleDone();
    StatisticAccumulator summed = accumulator();
    observe(summed, tensor(new Random(1)));
    summed.sampleDone();

    assertThatThrownBy(() -> Statistic.merge(plain.snapshot(), summed.snapshot()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("with sums of channels with one without");
  }
}
