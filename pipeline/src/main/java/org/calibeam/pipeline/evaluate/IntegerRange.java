package org.calibeam.pipeline.evaluate;

import java.nio.FloatBuffer;
import org.calibeam.core.interp.ObservedTensor;

/**
 * How a tensor's values become integers: {@code clamp(rint(x / scale) + zeroPoint, quantMin,
 * quantMax)}, the division done as a product with the reciprocal in float32, as torch does.
 */
public record IntegerRange(double scale, long zeroPoint, long quantMin, long quantMax) {

  /** Where the values of {@code tensor} lie; NaN is neither end. */
  public Saturation of(ObservedTensor tensor) {
    long n = tensor.elements();
    if (unclamped(tensor.min()) > quantMin && unclamped(tensor.max()) < quantMax) {
      return new Saturation(n, 0, 0, 0, 0);
    }
    FloatBuffer values = tensor.floats();
    float inverse = inverse();
    float low = quantMin - zeroPoint;
    float high = quantMax - zeroPoint;
    long lowest = 0;
    long highest = 0;
    long clippedLow = 0;
    long clippedHigh = 0;
    for (int i = 0; i < n; i++) {
      float level = (float) Math.rint(values.get(i) * inverse);
      if (level <= low) {
        lowest++;
        clippedLow += level < low ? 1 : 0;
      } else if (level >= high) {
        highest++;
        clippedHigh += level > high ? 1 : 0;
      }
    }
    return new Saturation(n, lowest, highest, clippedLow, clippedHigh);
  }

  private float inverse() {
    return (float) (1.0 / scale);
  }

  private double unclamped(float value) {
    return Math.rint(value * inverse()) + zeroPoint;
  }
}
