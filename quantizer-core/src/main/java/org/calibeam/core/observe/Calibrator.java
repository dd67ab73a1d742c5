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
        EntropyCalibrator,
        ReferenceCalibrator {

  /** What {@link #named} knows, for messages. */
  String NAMES = "histogram, mse, minmax, percentile, percentile:P, entropy or reference";

  double DEFAULT_PERCENT = 99.99;

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
   * The calibrator that {@link #name} names, for example {@code mse} or {@code percentile:99.9};
   * {@code percentile} alone is {@link #DEFAULT_PERCENT}.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Calibrator named(String name) {
    int colon = name.indexOf(':');
    if (colon > 0 && name.startsWith("percentile")) {
      try {
        return percentile(Double.parseDouble(name.substring(colon + 1)));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "%s gives no number; write percentile:99.9".formatted(name), e);
      }
    }
    return switch (name) {
      case "histogram" -> histogram();
      case "mse" -> mse();
      case "minmax" -> minmax();
      case "entropy" -> entropy();
      case "reference" -> reference();
      case "percentile" -> percentile(DEFAULT_PERCENT);
      default ->
          throw new IllegalArgumentException(
              "No calibrator is called %s; use %s".formatted(name, NAMES));
    };
  }

  /** Everything from the least to the greatest value. */
  static Calibrator minmax() {
    return new MinMaxCalibrator();
  }

  /**
   * The Python quantizer's own observers, bit for bit, one sample after the other: proof of parity.
   */
  static Calibrator reference() {
    return new ReferenceCalibrator();
  }

  /** Whether it has to watch the samples in their order; a statistic then cannot answer it. */
  default boolean isSequential() {
    return false;
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
