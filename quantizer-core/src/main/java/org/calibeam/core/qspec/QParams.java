package org.calibeam.core.qspec;

import java.util.Arrays;
import org.calibeam.core.tensor.DType;

/**
 * Scale and zero point of one tensor, or of each of its channels.
 *
 * @param scales one per tensor or per channel, positive
 * @param zeroPoints as many as {@code scales}
 * @param chAxis channel axis; 0 where the scheme is per tensor
 */
public record QParams(
    float[] scales,
    int[] zeroPoints,
    DType dtype,
    int quantMin,
    int quantMax,
    QScheme qscheme,
    int chAxis) {

  public QParams {
    scales = scales.clone();
    zeroPoints = zeroPoints.clone();
    if (scales.length != zeroPoints.length || scales.length == 0) {
      throw new IllegalArgumentException(
          "%d scales have %d zero points".formatted(scales.length, zeroPoints.length));
    }
    for (float scale : scales) {
      if (!(scale > 0) || Float.isInfinite(scale)) {
        throw new IllegalArgumentException(
            "A scale is %s, it must be positive and finite".formatted(scale));
      }
    }
  }

  /**
   * Chooses qparams that cover the given ranges, in float32 as torchao 0.18's {@code
   * UniformQuantizationObserverBase._calculate_qparams} does: zero is always covered, a symmetric
   * scale is max(-min, max) / ((quantMax - quantMin) / 2), an affine one (max - min) / (quantMax -
   * quantMin), neither below eps. Where max - min overflows float32, for which the reference has no
   * scale, it is taken in double.
   *
   * @param min lower end per tensor or channel; above {@code max} means nothing was seen
   * @throws IllegalArgumentException if a range is empty, NaN or not finite
   */
  public static QParams covering(QuantizationSpec.Observed spec, float[] min, float[] max) {
    float[] scales = new float[min.length];
    int[] zeroPoints = new int[min.length];
    float eps = (float) spec.eps();
    for (int i = 0; i < min.length; i++) {
      if (!(min[i] <= max[i]) || Float.isInfinite(min[i]) || Float.isInfinite(max[i])) {
        throw new IllegalArgumentException(
            "No qparams cover the range [%s, %s]".formatted(min[i], max[i]));
      }
      float low = Math.min(min[i], 0f);
      float high = Math.max(max[i], 0f);
      if (spec.qscheme().isSymmetric()) {
        float half = (float) ((spec.quantMax() - spec.quantMin()) / 2.0);
        scales[i] = Math.max(Math.max(-low, high) / half, eps);
        zeroPoints[i] =
            spec.dtype() == DType.UINT8 ? Math.floorDiv(spec.quantMin() + spec.quantMax(), 2) : 0;
      } else {
        float steps = (float) (spec.quantMax() - spec.quantMin());
        float span = high - low;
        scales[i] =
            Math.max(
                Float.isInfinite(span) ? (float) (((double) high - low) / steps) : span / steps,
                eps);
        long zero = spec.quantMin() - (long) Math.rint(low / scales[i]);
        zeroPoints[i] = (int) Math.max(spec.quantMin(), Math.min(spec.quantMax(), zero));
      }
    }
    return new QParams(
        scales,
        zeroPoints,
        spec.dtype(),
        spec.quantMin(),
        spec.quantMax(),
        spec.qscheme(),
        spec.chAxis());
  }

  @Override
  public float[] scales() {
    return scales.clone();
  }

  @Override
  public int[] zeroPoints() {
    return zeroPoints.clone();
  }

  /** The one scale of per-tensor qparams. */
  public float scale() {
    return scales[0];
  }

  /** The one zero point of per-tensor qparams. */
  public int zeroPoint() {
    return zeroPoints[0];
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof QParams other
        && Arrays.equals(scales, other.scales)
        && Arrays.equals(zeroPoints, other.zeroPoints)
        && dtype == other.dtype
        && quantMin == other.quantMin
        && quantMax == other.quantMax
        && qscheme == other.qscheme
        && chAxis == other.chAxis;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(scales) * 31 + Arrays.hashCode(zeroPoints);
  }

  @Override
  public String toString() {
    return "scale %s, zero point %s, %s in [%d, %d]"
        .formatted(
            scales.length == 1 ? Float.toString(scales[0]) : scales.length + " channels",
            scales.length == 1 ? Integer.toString(zeroPoints[0]) : "0",
            dtype,
            quantMin,
            quantMax);
  }
}
