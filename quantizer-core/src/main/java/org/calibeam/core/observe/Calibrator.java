package org.calibeam.core.observe;

import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Chooses the range that the integers cover from a {@link Statistic}; the model is not needed.
 *
 * <p>Qparams follow from a range by {@link QParams#covering}. A calibrator is a value: it chooses
 * the same for the same statistic. A per-channel spec always covers the whole range of each
 * channel, since channels have no histograms.
 */
public sealed interface Calibrator permits HistogramCalibrator, MinMaxCalibrator {

  /**
   * The range for per-tensor qparams.
   *
   * @param statistic holds at least one finite value
   */
  Range range(Statistic statistic, QuantizationSpec.Observed spec);

  /** The name that the command line and the configuration use. */
  String name();

  /** The reference's range search over the exact histogram. */
  static Calibrator histogram() {
    return new HistogramCalibrator();
  }

  /** Everything from the least to the greatest value. */
  static Calibrator minmax() {
    return new MinMaxCalibrator();
  }

  /** Qparams under {@link NonFinitePolicy#LEAVE_OUT_INFINITIES}. */
  default QParams qparams(Statistic statistic, QuantizationSpec.Observed spec) {
    return qparams(statistic, spec, NonFinitePolicy.LEAVE_OUT_INFINITIES);
  }

  /**
   * Scale and zero point for what {@code statistic} has seen.
   *
   * @throws SamplesException if it has no finite value, or some that {@code policy} does not accept
   * @throws IllegalArgumentException if {@code spec} is per channel and the statistic is not
   */
  default QParams qparams(
      Statistic statistic, QuantizationSpec.Observed spec, NonFinitePolicy policy) {
    policy.check(statistic);
    if (!spec.qscheme().isPerChannel()) {
      Range range = range(statistic, spec);
      return QParams.covering(spec, new float[] {range.min()}, new float[] {range.max()});
    }
    ChannelRanges channels = statistic.channels();
    if (channels.channels() == 0) {
      throw new IllegalArgumentException(
          "Per-channel qparams need the range of each channel, which was not observed");
    }
    float[] min = channels.min();
    float[] max = channels.max();
    for (int i = 0; i < min.length; i++) {
      if (min[i] > max[i]) {
        throw new SamplesException("Channel %d of %d has no finite value".formatted(i, min.length));
      }
    }
    return QParams.covering(spec, min, max);
  }
}
