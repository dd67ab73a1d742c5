package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.calibeam.core.observe.CalibratorTest.INT16;
import static org.calibeam.core.observe.CalibratorTest.INT8;
import static org.calibeam.core.observe.CalibratorTest.PER_CHANNEL;

import java.util.List;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationErrorTest {
  /** What sampling 400,000 values and reading them as evenly spread may cost. */
  private static final double SAMPLING = 0.02;

  private static QParams covering(Observed spec, float min, float max) {
    return QParams.covering(spec, new float[] {min}, new float[] {max});
  }

  private static Statistic of(float... values) {
    return StatisticTest.of(Histogram.DEFAULT_BINS, values);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gauss", "relu", "laplace", "silu", "lognormal"})
  void meanSquared_manyValues_isThatOfTheValues(String distribution) {
    List<float[]> batches = CalibratorTable.batches(distribution, 7, 40_000);
    Statistic statistic = StatisticTest.of(Histogram.DEFAULT_BINS, batches.toArray(new float[0][]));
    for (float part : new float[] {1, 0.7f, 0.3f}) {
      QParams qparams = covering(INT8, part * statistic.min(), part * statistic.max());
      double actual = CalibratorTable.error(batches, qparams);
      assertThat(QuantizationError.meanSquared(statistic, qparams))
          .as("range cut to %s", part)
          .isCloseTo(actual, within(SAMPLING * actual));
    }
  }

  @Test
  void meanSquared_evenDensity_isATwelfthOfTheSquaredStep() {
    float[] values = new float[100_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i + 0.5f) / values.length;
    }
    for (Observed spec : new Observed[] {INT8, INT16.withRange(-3000, 3000)}) {
      QParams qparams = covering(spec, 0, 1);
      double expected = (double) qparams.scale() * qparams.scale() / 12;
      assertThat(QuantizationError.meanSquared(of(values), qparams))
          .isCloseTo(expected, within(1e-3 * expected));
    }
  }

  @Test
  void meanSquared_zerosOnly_isNothing() {
    assertThat(QuantizationError.meanSquared(of(0f, -0f), covering(INT8, -1, 3))).isZero();
    assertThat(QuantizationError.sqnr(of(0f, -0f), covering(INT8, -1, 3)))
        .isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void sqnr_halfTheStep_isSixDecibelsMore() {
    float[] values = Awkward.random(1, 100_000, -1, 1);
    double coarse = QuantizationError.sqnr(of(values), covering(INT8, -2, 2));
    double fine = QuantizationError.sqnr(of(values), covering(INT8, -1, 1));
    assertThat(fine - coarse).isCloseTo(20 * Math.log10(2), within(0.05));
  }

  @Test
  void saturationRate_partOutside_isCounted() {
    float[] values = Awkward.random(1, 100_000, 0, 4);
    assertThat(QuantizationError.saturationRate(of(values), covering(INT8, 0, 1)))
        .isCloseTo(0.75, within(0.01));
    assertThat(QuantizationError.saturationRate(of(values), covering(INT8, 0, 4))).isZero();
    assertThat(
            QuantizationError.saturationRate(
                of(1, 2, Float.NEGATIVE_INFINITY, Float.NaN, 0), covering(INT8, 0, 4)))
        .isEqualTo(0.25);
  }

  @Test
  void saturationRate_upperHalfStep_isNotSaturated() {
    QParams qparams = covering(INT8, 0, 255);
    assertThat(QuantizationError.saturationRate(of(255.25f, 1f), qparams)).isLessThan(0.5);
    assertThat(QuantizationError.saturationRate(of(256f, 1f), qparams)).isEqualTo(0.5);
  }

  @Test
  void any_nothingObserved_isRefused() {
    QParams qparams = covering(INT8, 0, 1);
    assertThatThrownBy(() -> QuantizationError.meanSquared(Statistic.EMPTY, qparams))
        .isInstanceOf(SamplesException.class);
    assertThatThrownBy(() -> QuantizationError.saturationRate(Statistic.EMPTY, qparams))
        .isInstanceOf(SamplesException.class);
  }

  @Test
  void meanSquared_perChannel_isRefused() {
    QParams qparams = QParams.covering(PER_CHANNEL, new float[] {0, 0}, new float[] {1, 1});
    assertThatThrownBy(() -> QuantizationError.meanSquared(of(1f), qparams))
        .hasMessageContaining("2 channels");
  }
}
