package org.calibeam.pipeline.observe;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.io.InputSample;

/** Finds NaN and infinity in samples, which would spoil every statistic downstream. */
public final class FiniteInputs {
  private FiniteInputs() {}

  /** What is wrong with the first bad input of {@code sample}, empty if there is none. */
  public static Optional<String> complaint(InputSample sample) {
    for (int i = 0; i < sample.inputs().size(); i++) {
      Optional<String> complaint = complaint(sample.inputs().get(i));
      if (complaint.isPresent()) {
        return Optional.of("input %d: %s".formatted(i, complaint.get()));
      }
    }
    return Optional.empty();
  }

  /** What is wrong with {@code tensor}, empty if all of its elements are finite. */
  static Optional<String> complaint(TensorData tensor) {
    DType dtype = tensor.dtype();
    if (!dtype.isFloatingPoint()) {
      return Optional.empty();
    }
    ByteBuffer bytes = tensor.toBytes();
    int n = tensor.elements();
    for (int i = 0; i < n; i++) {
      double value =
          switch (dtype) {
            case FLOAT32 -> bytes.getFloat(4 * i);
            case FLOAT64 -> bytes.getDouble(8 * i);
            case FLOAT16 -> half(bytes.getShort(2 * i));
            case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
            default -> 0;
          };
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        return Optional.of("element %d is %s".formatted(i, value));
      }
    }
    return Optional.empty();
  }

  /** NaN and infinity as they are; any other number as zero. */
  private static double half(short bits) {
    if ((bits & 0x7C00) != 0x7C00) {
      return 0;
    }
    if ((bits & 0x03FF) != 0) {
      return Double.NaN;
    }
    return bits < 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }
}
