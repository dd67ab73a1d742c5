package org.calibeam.core.convert;

import org.calibeam.core.qspec.QParams;
import org.calibeam.core.tensor.TensorData;

/**
 * Quantizes constants as {@code quantized_decomposed} does: {@code clamp(rint(x * (1 / scale)) +
 * zeroPoint, quantMin, quantMax)} in float32, by the reciprocal and never by division. Per tensor
 * the reciprocal is taken in double and rounded, per channel in float32.
 */
final class QuantizeConstant {
  private QuantizeConstant() {}

  static TensorData quantize(TensorData values, QParams qparams) {
    float[] x = values.toFloats();
    long[] q = new long[x.length];
    float[] scales = qparams.scales();
    int[] zeroPoints = qparams.zeroPoints();
    boolean perChannel = qparams.qscheme().isPerChannel();
    long[] sizes = values.sizes();
    int inner = 1;
    for (int d = qparams.chAxis() + 1; perChannel && d < sizes.length; d++) {
      inner = Math.toIntExact(inner * sizes[d]);
    }
    for (int i = 0; i < x.length; i++) {
      int channel = perChannel ? i / inner % scales.length : 0;
      float inverse = perChannel ? 1f / scales[channel] : (float) (1.0 / scales[channel]);
      q[i] = quantize(x[i], inverse, zeroPoints[channel], qparams.quantMin(), qparams.quantMax());
    }
    return TensorData.ofLongs(qparams.dtype(), q, sizes);
  }

  private static long quantize(float x, float inverse, int zeroPoint, int min, int max) {
    float rounded = (float) Math.rint(x * inverse) + zeroPoint;
    return (long) Math.max(min, Math.min((double) max, rounded));
  }
}
