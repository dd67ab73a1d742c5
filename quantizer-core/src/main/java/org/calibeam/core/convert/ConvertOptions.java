package org.calibeam.core.convert;

import org.calibeam.core.observe.Calibrator;

/**
 * How statistics become qparams.
 *
 * @param calibrator chooses the ranges of activations
 * @param minSamplesPerPath least number of samples that must have reached a code path; at least 1
 * @param unreached what becomes of a path with fewer
 */
public record ConvertOptions(
    Calibrator calibrator, long minSamplesPerPath, UnreachedPathPolicy unreached) {
  public static final ConvertOptions DEFAULT =
      new ConvertOptions(Calibrator.histogram(), 1, UnreachedPathPolicy.FAIL);

  public ConvertOptions {
    if (minSamplesPerPath < 1) {
      throw new IllegalArgumentException(
          "minSamplesPerPath is %d, it must be at least 1".formatted(minSamplesPerPath));
    }
  }

  public ConvertOptions withCalibrator(Calibrator other) {
    return new ConvertOptions(other, minSamplesPerPath, unreached);
  }

  public ConvertOptions withUnreached(UnreachedPathPolicy policy) {
    return new ConvertOptions(calibrator, minSamplesPerPath, policy);
  }
}
