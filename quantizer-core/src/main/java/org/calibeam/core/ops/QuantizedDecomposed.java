package org.calibeam.core.ops;

import org.calibeam.core.graph.Node;

/**
 * The operators by which a quantized program says where it rounds. They exist in Python only, so
 * libtorch runs none of them.
 */
public final class QuantizedDecomposed {
  public static final String NAMESPACE = "quantized_decomposed.";

  /** With numbers for scale and zero point, as all but dynamic quantization has them. */
  public static final String QUANTIZE = NAMESPACE + "quantize_per_tensor.default";

  /** The way back from {@link #QUANTIZE}. */
  public static final String DEQUANTIZE = NAMESPACE + "dequantize_per_tensor.default";

  private QuantizedDecomposed() {}

  /** Whether {@code call} quantizes, per tensor or per channel. */
  public static boolean isQuantize(Node.Call call) {
    return call.target().startsWith(NAMESPACE + "quantize_");
  }

  /** Whether {@code call} dequantizes, per tensor or per channel. */
  public static boolean isDequantize(Node.Call call) {
    return call.target().startsWith(NAMESPACE + "dequantize_");
  }
}
