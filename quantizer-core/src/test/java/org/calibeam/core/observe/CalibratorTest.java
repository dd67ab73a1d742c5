package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CalibratorTest {
  static final Observed INT8 =
      new Observed(
          DType.INT8,
          -128,
          127,
          QScheme.PER_TENSOR_AFFINE,
          0,
          false,
          ObserverKind.HISTOGRAM,
          0x1p-16,
          0.01);
  static final Observed INT16 =
      new Observed(
          DType.INT16,
          -32767,
          32767,
          QScheme.PER_TENSOR_SYMMETRIC,
          0,
          false,
          ObserverKind.HISTOGRAM,
          0x1p-12,
          0.01);
  static final Observed UINT8 =
      new Observed(
          DType.UINT8,
          0,
          255,
          QScheme.PER_TENSOR_AFFINE,
          0,
          false,
          ObserverKind.HISTOGRAM,
          0x1p-16,
          0.01);
  static final Observed PER_CHANNEL =
      new Observed(
          DType.INT8,
          -127,
          127,
          QScheme.PER_CHANNEL_SYMMETRIC,
          0,
          false,
          ObserverKind.PER_CHANNEL_MIN_MAX,
          0x1p-16,
          0.01);

  static Stream<Calibrator> calibrators() {
    return Stream.of(
        Calibrator.histogram(),
        Calibrator.mse(),
        Calibrator.minmax(),
        Calibrator.percentile(99.99),
        Calibrator.entropy());
  }

  private static Statistic of(float... values) {
    return StatisticTest.of(Histogram.DEFAULT_BINS, values);
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void qparams_emptyStatistic_isRefused(Calibrator calibrator) {
    assertThatThrownBy(() -> calibrator.qparams(Statistic.EMPTY, INT8))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("No value was observed");
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void qparams_nan_isRefusedUnlessLeftOut(Calibrator calibrator) {
    Statistic statistic = of(1f, Float.NaN, -1f);
    assertThatThrownBy(() -> calibrator.qparams(statistic, INT8))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("1 of 3 observed values are NaN");
    assertThat(calibrator.qparams(statistic, INT8, NonFinitePolicy.LEAVE_OUT))
        .isEqualTo(calibrator.qparams(of(1f, -1f), INT8));
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void qparams_infinities_areLeftOutUnlessRejected(Calibrator calibrator) {
    Statistic statistic = of(1f, Float.NEGATIVE_INFINITY, -1f);
    assertThat(calibrator.qparams(statistic, INT8))
        .isEqualTo(calibrator.qparams(of(1f, -1f), INT8));
    assertThatThrownBy(() -> calibrator.qparams(statistic, INT8, NonFinitePolicy.REJECT))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("1 of 3 observed values are infinite");
    assertThatThrownBy(() -> calibrator.qparams(of(Float.NEGATIVE_INFINITY), INT8))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("None of 1 observed values is finite");
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void qparams_constantTensor_isTheReferences(Calibrator calibrator) {
    assertThat(calibrator.qparams(of(2.5f, 2.5f, 2.5f), INT8))
        .isEqualTo(QParams.covering(INT8, new float[] {2.5f}, new float[] {2.5f}));
    assertThat(calibrator.qparams(of(-7f), INT8).zeroPoint()).isEqualTo(127);
    QParams zero = calibrator.qparams(of(0f, 0f), INT8);
    assertThat(zero.scale()).isEqualTo(0x1p-16f);
    assertThat(zero.zeroPoint()).isEqualTo(-128);
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void qparams_extremes_areFinite(Calibrator calibrator) {
    for (Observed spec : new Observed[] {INT8, UINT8, INT16}) {
      QParams qparams = calibrator.qparams(of(3e38f, -3e38f, 1f, 0f, 1e-40f, 2e38f), spec);
      assertThat(qparams.scale()).isFinite().isPositive();
    }
    assertThat(calibrator.qparams(of(1e-45f, 1e-40f), INT8).scale()).isEqualTo(0x1p-16f);
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void qparams_perChannel_coverEachChannel(Calibrator calibrator) {
    Statistic weight =
        StatisticAccumulator.ofWeight(new float[] {1, -2, 0, 0}, new long[] {2, 2}, 0);
    assertThat(calibrator.qparams(weight, PER_CHANNEL).scales())
        .containsExactly(2f / 127, 0x1p-16f);
    assertThatThrownBy(() -> calibrator.qparams(of(1f), PER_CHANNEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("was not observed");
  }

  @Test
  void minmax_anyValues_coversThemAll() {
    assertThat(Calibrator.minmax().range(of(-3f, 0.5f, 12f), INT8)).isEqualTo(new Range(-3f, 12f));
  }

  @Test
  void percentile_hundred_isMinMax() {
    Statistic statistic = of(Awkward.random(1, 1000, -3, 5));
    assertThat(Calibrator.percentile(100).range(statistic, INT8))
        .isEqualTo(Calibrator.minmax().range(statistic, INT8));
  }

  @Test
  void percentile_evenDensity_leavesHalfOfTheRestOutAtEitherEnd() {
    Statistic statistic = of(Awkward.random(1, 200_000, -1, 1));
    Range affine = Calibrator.percentile(90).range(statistic, INT8);
    assertThat(affine.min()).isCloseTo(-0.9f, within(0.01f));
    assertThat(affine.max()).isCloseTo(0.9f, within(0.01f));
    Statistic skewed = of(Awkward.random(1, 200_000, -1, 9));
    Range symmetric = Calibrator.percentile(90).range(skewed, INT16);
    assertThat(symmetric.min()).isCloseTo(-1f, within(0.01f));
    assertThat(symmetric.max()).isCloseTo(8f, within(0.05f));
  }

  @Test
  void percentile_mostlyZeros_countsThem() {
    float[] values = new float[1000];
    values[3] = 7;
    assertThat(Calibrator.percentile(99).range(of(values), INT8).max()).isZero();
    assertThatThrownBy(() -> Calibrator.percentile(0)).hasMessageContaining("0.0");
    assertThatThrownBy(() -> Calibrator.percentile(100.1)).hasMessageContaining("100.1");
  }

  @Test
  void entropy_outliers_areClipped() {
    float[] values = CalibratorTable.batches("gauss", 1, 100_000).get(0);
    values[17] = 100;
    Range range = Calibrator.entropy().range(of(values), INT8);
    assertThat(range.max()).isBetween(3f, 30f);
    assertThat(range.min()).isBetween(-30f, -3f);
  }

  @Test
  void entropy_sixteenBits_coversAll() {
    float[] values = Awkward.random(1, 100_000, -1, 1);
    values[17] = 100;
    assertThat(Calibrator.entropy().range(of(values), INT16).max()).isEqualTo(100);
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void named_name_isTheCalibrator(Calibrator calibrator) {
    assertThat(Calibrator.named(calibrator.name())).isEqualTo(calibrator);
  }

  @Test
  void named_unknown_isRefusedWithChoices() {
    assertThat(Calibrator.named("percentile")).isEqualTo(Calibrator.percentile(99.99));
    assertThat(Calibrator.named("percentile:99.5")).isEqualTo(Calibrator.percentile(99.5));
    assertThatThrownBy(() -> Calibrator.named("percentile:high")).hasMessageContaining("high");
    assertThatThrownBy(() -> Calibrator.named("magic"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("magic")
        .hasMessageContaining("entropy");
  }

  @ParameterizedTest
  @MethodSource("calibrators")
  void range_powerOfTwoScale_scales(Calibrator calibrator) {
    float[] values = Awkward.random(1, 3000, -2, 3);
    for (int exponent : new int[] {-100, -30, 40, 120}) {
      float[] scaled = values.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] = Math.scalb(scaled[i], exponent);
      }
      // An eps below any scale, so that nothing depends on the magnitude.
      Observed spec =
          new Observed(
              INT8.dtype(), -128, 127, INT8.qscheme(), 0, false, INT8.observer(), 1e-44, 0.01);
      Range plain = calibrator.range(of(values), spec);
      Range found = calibrator.range(of(scaled), spec);
      assertThat(found)
          .as("2^%d", exponent)
          .isEqualTo(
              new Range(Math.scalb(plain.min(), exponent), Math.scalb(plain.max(), exponent)));
    }
  }
}
