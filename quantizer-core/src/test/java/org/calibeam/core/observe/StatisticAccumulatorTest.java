package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatisticAccumulatorTest {
  private static FloatBuffer direct(float[] values) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * values.length + 4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    buffer.position(1);
    buffer.put(values);
    return buffer.position(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void observe_severalTensorsOfASample_equalsOneTensor(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StatisticAccumulator accumulator = new StatisticAccumulator(64);
    float[][] all = new float[5][];
    for (int s = 0; s < all.length; s++) {
      all[s] = Awkward.wild(random, 9000);
      int at = 0;
      while (at < all[s].length) {
        int n = Math.min(all[s].length - at, 1 + random.nextInt(random.nextBoolean() ? 50 : 5000));
        accumulator.observe(FloatBuffer.wrap(all[s], at, n));
        at += n;
      }
      accumulator.sampleDone();
    }
    assertThat(accumulator.snapshot()).isEqualTo(StatisticTest.byDefinition(64, all));
  }

  @Test
  void observe_nativeBuffer_leavesItsPositionAlone() {
    float[] values = Awkward.random(1, 10_000, -3, 5);
    FloatBuffer buffer = direct(values);
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observe(buffer);
    accumulator.sampleDone();
    assertThat(buffer.position()).isEqualTo(1);
    assertThat(buffer.remaining()).isEqualTo(values.length);
    assertThat(accumulator.snapshot())
        .isEqualTo(StatisticTest.byDefinition(Histogram.DEFAULT_BINS, values));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 10_000})
  void discardSample_failedSample_leavesNoTrace(int elements) {
    float[] good = Awkward.random(1, elements, -1, 1);
    float[] bad = Awkward.random(2, elements, -900, 900);
    bad[3] = Float.NaN;
    bad[4] = Float.NEGATIVE_INFINITY;
    StatisticAccumulator accumulator = new StatisticAccumulator(64);
    accumulator.observe(direct(good));
    accumulator.sampleDone();
    accumulator.observe(direct(bad));
    accumulator.observe(direct(good));
    accumulator.discardSample();
    assertThat(accumulator.snapshot()).isEqualTo(StatisticTest.byDefinition(64, good));
    accumulator.observe(direct(good));
    accumulator.sampleDone();
    assertThat(accumulator.snapshot()).isEqualTo(StatisticTest.byDefinition(64, good, good));
  }

  @Test
  void sampleDone_nothingObserved_isNoSample() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.sampleDone();
    accumulator.observe(FloatBuffer.allocate(0));
    accumulator.sampleDone();
    assertThat(accumulator.snapshot()).isEqualTo(Statistic.EMPTY);
    accumulator.observe(FloatBuffer.allocate(1));
    accumulator.observe(FloatBuffer.allocate(3000));
    accumulator.sampleDone();
    assertThat(accumulator.snapshot().samples()).isEqualTo(1);
    assertThat(accumulator.snapshot().counts().zeros()).isEqualTo(3001);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void repeat_knownConstant_equalsObservingItAgain(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[][] constants = {Awkward.wild(random, 4000), Awkward.wild(random, 3), new float[0]};
    StatisticAccumulator reading = new StatisticAccumulator(64);
    StatisticAccumulator repeating = new StatisticAccumulator(64);
    for (int sample = 0; sample < 12; sample++) {
      for (int i = random.nextInt(4); i > 0; i--) {
        int constant = random.nextInt(constants.length);
        reading.observe(FloatBuffer.wrap(constants[constant]));
        FloatBuffer values = FloatBuffer.wrap(constants[constant]);
        if (!repeating.repeat(constant + 1)) {
          float[] range = range(constants[constant]);
          repeating.observeConstant(constant + 1, values, range[0], range[1]);
        }
      }
      if (random.nextBoolean()) {
        float[] values = Awkward.wild(random, 3000);
        reading.observe(FloatBuffer.wrap(values));
        repeating.observe(FloatBuffer.wrap(values));
      }
      if (random.nextInt(4) == 0) {
        reading.discardSample();
        repeating.discardSample();
      } else {
        reading.sampleDone();
        repeating.sampleDone();
      }
      assertThat(repeating.snapshot()).isEqualTo(reading.snapshot());
      if (sample == 6) {
        reading.reset();
        repeating.reset();
      }
    }
  }

  private static float[] range(float[] values) {
    float[] range = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (float value : values) {
      range[0] = Math.min(range[0], value);
      range[1] = Math.max(range[1], value);
    }
    return range;
  }

  @Test
  void snapshot_openSampleOfARepeatedConstant_isRefused() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observeConstant(1, FloatBuffer.wrap(new float[] {1}), 1, 1);
    assertThatThrownBy(accumulator::snapshot).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void snapshot_openSample_isRefused() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observe(FloatBuffer.wrap(new float[] {1}));
    assertThatThrownBy(accumulator::snapshot).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void reset_afterUse_isNew() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observe(direct(Awkward.random(1, 5000, -900, 900)));
    accumulator.sampleDone();
    accumulator.reset();
    assertThat(accumulator.snapshot()).isEqualTo(Statistic.EMPTY);
  }

  @Test
  void observeChannels_middleAxis_rangesOfEach() {
    float[] values = new float[2 * 3 * 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observeChannels(values, new long[] {2, 3, 4}, 1);
    accumulator.sampleDone();
    assertThat(accumulator.snapshot().channels())
        .isEqualTo(new ChannelRanges(new float[] {0, 4, 8}, new float[] {15, 19, 23}));
    assertThatThrownBy(() -> accumulator.observeChannels(values, new long[] {6, 4}, 0))
        .hasMessageContaining("3 channels")
        .hasMessageContaining("6 channels");
  }

  @Test
  void observeChannels_wrongShape_isRefused() {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    assertThatThrownBy(() -> accumulator.observeChannels(new float[3], new long[] {2, 2}, 0))
        .hasMessage("A tensor of shape [2, 2] has not 3 elements");
    assertThatThrownBy(() -> accumulator.observeChannels(new float[4], new long[] {2, 2}, 2))
        .hasMessage("A tensor of shape [2, 2] has no channel axis 2");
  }
}
