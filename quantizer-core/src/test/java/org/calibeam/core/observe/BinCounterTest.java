package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class BinCounterTest {
  private static final int BINS = 256;

  @Test
  void count_pastTheFoldLimit_losesNothing() {
    float[] values = Awkward.random(1, 50_000, -3, 5);
    values[17] = 0f;
    values[4711] = -0f;
    Histogram expected = StatisticTest.byDefinition(BINS, values).histogram();
    BinCounter counter = new BinCounter(BINS, 7000);
    counter.widen(expected.exponent(), -3, 5);
    assertThat(counter.count(FloatBuffer.wrap(values))).isEqualTo(2);
    long[] sum = Histogram.room(BINS);
    counter.drainInto(sum, expected.exponent());
    assertThat(Histogram.trimmed(expected.exponent(), sum)).isEqualTo(expected);
    assertThat(counter.isEmpty()).isTrue();
  }

  @Test
  void drainInto_widerBins_equalsBinningThere() {
    float[] values = Awkward.random(2, 5000, -0.5, 0.7);
    float[] large = {100f};
    Histogram expected = StatisticTest.byDefinition(BINS, values, large).histogram();
    BinCounter counter = new BinCounter(BINS);
    counter.widen(Histogram.exponentFor(-0.5f, 0.7f, BINS), -0.5f, 0.7f);
    counter.count(FloatBuffer.wrap(values));
    long[] sum = Histogram.room(BINS);
    counter.drainInto(sum, expected.exponent());
    sum[BINS + Histogram.binOf(100f, expected.exponent())]++;
    assertThat(Histogram.trimmed(expected.exponent(), sum)).isEqualTo(expected);
  }

  @Test
  void clear_afterUse_leavesNoCounts() {
    BinCounter counter = new BinCounter(BINS, 100);
    counter.widen(0, -1, 1);
    counter.count(FloatBuffer.wrap(Awkward.random(3, 1000, -1, 1)));
    counter.clear();
    counter.widen(0, -1, 1);
    long[] sum = Histogram.room(BINS);
    counter.drainInto(sum, 0);
    assertThat(sum).containsOnly(0);
  }
}
