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
public sealed interface Calibrator
    permits HistogramCalibrator,
        MseCalibrator,
        MinMaxCalibrator,
        PercentileCalibrator,
        EntropyCalibrator {

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

  /** The least squared quantization error over the exact histogram. */
  static Calibrator mse() {
    return new MseCalibrator();
  }

  /** All but the outermost values; {@code percent} of them are covered. */
  static Calibrator percentile(double percent) {
    return new PercentileCalibrator(percent);
  }

  /** The least Kullback–Leibler divergence from the distribution to its quantized form. */
  static Calibrator entropy() {
    return new EntropyCalibrator();
  }

  /**
   * The calibrator that {@link #name} names, for example {@code mse} or {@code percentile(99.99)};
   * {@code percentile} alone is 99.99.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Calibrator named(String name) {
    switch (name) {
      case "histogram":
        return histogram();
      case "mse":
        return mse();
      case "minmax":
        return minmax();
      case "entropy":
        return entropy();
      case "percentile":
        return percentile(99.99);
      default:
        if (name.startsWith("percentile(") && name.endsWith(")")) {
          return percentile(Double.parseDouble(name.substring(11, name.length() - 1)));
        }
        throw new IllegalArgumentException(
            "No calibrator is called %s; use histogram, mse, minmax, percentile(P) or entropy"
                .formatted(name));
    }
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
