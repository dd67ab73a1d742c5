package org.calibeam.core.interp;

import java.util.List;

/**
 * How {@code quantized_decomposed.choose_qparams} gets scale and zero point from a tensor's range,
 * in float32 as torch 2.15's {@code determine_qparams} does.
 *
 * <p>Both functions take min, max, quantMin, quantMax, eps, whether the scheme is symmetric, and
 * whether the type is uint8.
 */
final class QParamsArithmetic {

  private QParamsArithmetic() {}

  static Object scale(List<Object> arguments) {
    return (double) scale32(arguments);
  }

  static Object zeroPoint(List<Object> arguments) {
    if (PythonNumbers.toBoolean(arguments.get(5))) {
      return PythonNumbers.toBoolean(arguments.get(6)) ? 128L : 0L;
    }
    long quantMin = PythonNumbers.toLong(arguments.get(2));
    long quantMax = PythonNumbers.toLong(arguments.get(3));
    float low = Math.min(real(arguments.get(0)), 0f);
    long zero = quantMin - (int) Math.rint(low / scale32(arguments));
    return Math.max(quantMin, Math.min(quantMax, zero));
  }

  private static float scale32(List<Object> arguments) {
    float low = Math.min(real(arguments.get(0)), 0f);
    float high = Math.max(real(arguments.get(1)), 0f);
    long span = PythonNumbers.toLong(arguments.get(3)) - PythonNumbers.toLong(arguments.get(2));
    float eps = real(arguments.get(4));
    return PythonNumbers.toBoolean(arguments.get(5))
        ? Math.max(Math.max(-low, high) / (float) (span / 2.0), eps)
        : Math.max((high - low) / (float) span, eps);
  }

  private static float real(Object number) {
    return (float) PythonNumbers.toDouble(number);
  }
}
