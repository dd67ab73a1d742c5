package org.calibeam.pipeline.observe;

import java.math.BigDecimal;
import java.util.List;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.combine.Agreement;

/** Compares what the float and the quantized model return for one sample. */
final class OutputComparison {
  private OutputComparison() {}

  /**
   * The agreement on one sample. Signal and noise are summed over all floating-point outputs. The
   * decision is the place of the largest element of the first output along its classes: dimension 0
   * of a vector, else dimension 1, {@code [N, C, …]}.
   */
  static Agreement of(List<TensorData> expected, List<TensorData> actual, boolean flipped) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < expected.size(); i++) {
      if (expected.get(i).dtype().isFloatingPoint()) {
        float[] e = expected.get(i).toFloats();
        float[] a = actual.get(i).toFloats();
        for (int j = 0; j < e.length; j++) {
          double difference = (double) e[j] - a[j];
          signal += (double) e[j] * e[j];
          noise += difference * difference;
        }
      }
    }
    long decisions = 0;
    long agreed = 0;
    if (!expected.isEmpty()
        && expected.get(0).dtype().isFloatingPoint()
        && expected.get(0).rank() > 0) {
      int[] wanted = largest(expected.get(0));
      int[] found = largest(actual.get(0));
      decisions = wanted.length;
      for (int i = 0; i < wanted.length; i++) {
        agreed += wanted[i] == found[i] ? 1 : 0;
      }
    }
    return new Agreement(
        1, new BigDecimal(signal), new BigDecimal(noise), decisions, agreed, flipped ? 1 : 0);
  }

  /** Index of the first largest element along the classes, at every other position. */
  private static int[] largest(TensorData tensor) {
    long[] sizes = tensor.sizes();
    int axis = sizes.length == 1 ? 0 : 1;
    int inner = 1;
    for (int d = axis + 1; d < sizes.length; d++) {
      inner *= (int) sizes[d];
    }
    int classes = (int) sizes[axis];
    float[] values = tensor.toFloats();
    int[] at = new int[classes == 0 ? 0 : values.length / classes];
    for (int i = 0; i < at.length; i++) {
      int start = i / inner * inner * classes + i % inner;
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (values[start + c * inner] > values[start + best * inner]) {
          best = c;
        }
      }
      at[i] = best;
    }
    return at;
  }
}
