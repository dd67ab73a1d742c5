package org.calibeam.core.inspect;

import java.util.Optional;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.tensor.DType;

/**
 * A tensor that a graph quantizes, dequantizes or both.
 *
 * @param tensor the node that is quantized, or the constant that is stored quantized
 * @param origin where its integers come from
 * @param qparams empty if they are computed for each tensor
 * @param quantizes number of quantize calls, 0 for a constant stored quantized
 * @param dequantizes number of dequantize calls
 */
public record QuantizedTensor(
    CodePath path,
    String tensor,
    Origin origin,
    DType dtype,
    long quantMin,
    long quantMax,
    Optional<Scales> qparams,
    int quantizes,
    int dequantizes) {

  /** Where the integers of a quantized tensor come from. */
  public enum Origin {
    /** Quantized while the program runs. */
    ACTIVATION,
    /** Stored quantized. */
    CONSTANT,
    /** Stored in floating point and quantized each time the program runs. */
    FLOATING_CONSTANT
  }

  /**
   * Scales and zero points, of which there is one each for a tensor or for each of its channels.
   *
   * @param axis channel axis; empty for one scale in all
   */
  public record Scales(
      Optional<Long> axis,
      int channels,
      double smallestScale,
      double largestScale,
      long smallestZeroPoint,
      long largestZeroPoint) {}
}
