package org.calibeam.core.observe;

import org.calibeam.core.qspec.QuantizationSpec;

/**
 * Scale and zero point as {@code torch.fused_moving_avg_obs_fake_quant} of torch 2.15 chooses them
 * while training. Unlike {@code QParams.covering} it knows no eps but a least scale of its own, and
 * leaves one-sided symmetric ranges affine.
 */
record FusedQParams(float scale, int zeroPoint) {
  /** Least scale: {@code SMALL_SCALE_THRESHOLD} of ATen's quantization parameters. */
  private static final float LEAST_SCALE = 6.1e-5f;

  static FusedQParams of(float observedMin, float observedMax, QuantizationSpec.Observed spec) {
    int quantMin = spec.quantMin();
    int quantMax = spec.quantMax();
    float min = observedMin;
    float max = observedMax;
    boolean straddles = min < 0 && max > 0 && spec.qscheme().isSymmetric();
    if (straddles) {
      int positive = (quantMax - quantMin) / 2;
      int negative = -positive - 1;
      float largest = Math.max(Math.abs(min / negative), Math.abs(max / positive));
      min = largest * negative;
      max = largest * positive;
    }
    min = Math.min(min, 0f);
    max = Math.max(max, 0f);
    double scale = ((double) max - min) / (quantMax - quantMin);
    if ((float) scale == 0 || Float.isInfinite(1f / (float) scale)) {
      scale = 0.1;
    }
    if (scale < LEAST_SCALE) {
      float original = (float) scale;
      scale = LEAST_SCALE;
      if (min == 0) {
        max = LEAST_SCALE * (quantMax - quantMin);
      } else if (max == 0) {
        min = -LEAST_SCALE * (quantMax - quantMin);
      } else {
        float amplifier = LEAST_SCALE / original;
        min *= amplifier;
        max *= amplifier;
      }
    }
    double fromMin = quantMin - min / scale;
    double fromMax = quantMax - max / scale;
    double fromMinError = Math.abs((double) quantMin) + Math.abs(min / scale);
    double fromMaxError = Math.abs((double) quantMax) + Math.abs(max / scale);
    double zero = fromMinError < fromMaxError ? fromMin : fromMax;
    if (straddles) {
      zero = (quantMin + quantMax) / 2.0;
    }
    int zeroPoint = (int) Math.max(quantMin, Math.min(quantMax, Math.rint(zero)));
    return new FusedQParams((float) scale, zeroPoint);
  }
}
