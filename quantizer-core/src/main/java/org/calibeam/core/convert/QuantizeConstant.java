package org.calibeam.core.convert;

import org.calibeam.core.qspec.QParams;
import org.calibeam.core.tensor.TensorData;

/**
 * Quantizes constants as {@code quantized_decomposed} does: {@code clamp(rint(x * (1 / scale)) +
 * zeroPoint, quantMin, quantMax)} in float32, by the reciprocal and never by division. Per tensor
 * the reciprocal is taken in double and rounded, per channel in float32.
 */
public final class QuantizeConstant {
  private QuantizeConstant() {}

  static TensorData quantize(TensorData values, QParams qparams) {
    float[] x = values.toFloats();
    long[] q = new long[x.length];
    float[] scales = qparams.scales();
    int[] zeroPoints = qparams.zeroPoints();
    boolean perChannel = qparams.qscheme().isPerChannel();
    long[] sizes = values.sizes();
    int inner = inner(values, qparams);
    for (int i = 0; i < x.length; i++) {
      int channel = perChannel ? i / inner % scales.length : 0;
      float inverse = perChannel ? 1f / scales[channel] : (float) (1.0 / scales[channel]);
      q[i] = quantize(x[i], inverse, zeroPoints[channel], qparams.quantMin(), qparams.quantMax());
    }
    return TensorData.ofLongs(qparams.dtype(), q, sizes);
  }

  /** What the integers of {@code values} stand for, less {@code values}. */
  static double[] rounding(TensorData values, QParams qparams) {
    float[] x = values.toFloats();
    long[] integers = quantize(values, qparams).toLongs();
    float[] scales = qparams.scales();
    int[] zeroPoints = qparams.zeroPoints();
    int inner = inner(values, qparams);
    double[] rounding = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int channel = scales.length == 1 ? 0 : i / inner % scales.length;
      rounding[i] = (integers[i] - zeroPoints[channel]) * (double) scales[channel] - x[i];
    }
    return rounding;
  }

  /** Signal of {@code values} to what quantizing them costs, in dB; +inf if nothing is lost. */
  public static double sqnr(TensorData values, QParams qparams) {
    double signal = 0;
    double noise = 0;
    for (float x : values.toFloats()) {
      signal += (double) x * x;
    }
    for (double error : rounding(values, qparams)) {
      noise += error * error;
    }
    return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }

  /** How many elements in a row are of one channel. */
  private static int inner(TensorData values, QParams qparams) {
    long[] sizes = values.sizes();
    int inner = 1;
    for (int d = qparams.chAxis() + 1; d < sizes.length; d++) {
      inner = Math.toIntExact(inner * sizes[d]);
    }
    return inner;
  }

  private static long quantize(float x, float inverse, int zeroPoint, int min, int max) {
    float rounded = (float) Math.rint(x * inverse) + zeroPoint;
    return (long) Math.max(min, Math.min((double) max, rounded));
  }
}
