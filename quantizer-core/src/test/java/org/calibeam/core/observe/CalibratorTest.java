package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    return Stream.of(Calibrator.histogram(), Calibrator.minmax());
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
}
