package org.calibeam.core.interp;

import java.nio.FloatBuffer;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/**
 * A tensor as an observer sees it, in native memory. Valid only during the call that hands it out;
 * the same instance then shows the next tensor.
 */
public interface ObservedTensor {
  /** Up to this many elements the extremes are found sooner here than by a call of an operator. */
  int FEW_ELEMENTS = 512;

  DType dtype();

  /**
   * What stands for its values if they are a constant of the program, which no sample changes: the
   * same number comes with the same values as long as the compiled program lives. 0 if they are
   * computed from the sample.
   */
  long constant();

  /** Number of elements. */
  long elements();

  /** Extent of each dimension; a new array. */
  long[] sizes();

  /** Elements between neighbours along each dimension, in {@link #floats}; a new array. */
  long[] strides();

  /**
   * The elements, each once, in the order in which they lie in memory: row-major only if {@link
   * #strides} says so, a channels-last tensor is channels-last here. A dense float32 tensor is read
   * in place; any other is copied to contiguous float32 first, natively. The buffer must not be
   * kept.
   *
   * @throws IllegalStateException if there are more than 2^31 - 1 elements
   */
  FloatBuffer floats();

  /** A copy of the tensor on the heap, row-major. */
  TensorData toData();

  /**
   * The least element, computed natively; NaN if any element is NaN, +inf for an empty tensor.
   * Asking for {@link #min} and {@link #max} reads the tensor once.
   */
  float min();

  /** The greatest element; NaN if any element is NaN, -inf for an empty tensor. */
  float max();

  /**
   * Adds the tensor to what {@code accumulator} has seen; a constant is read the first time only,
   * unless channels are summed up.
   */
  default void addTo(StatisticAccumulator accumulator) {
    if (constant() == 0 && elements() <= FEW_ELEMENTS) {
      accumulator.observe(floats());
    } else if (constant() == 0) {
      accumulator.observe(floats(), min(), max());
    } else if (!accumulator.repeat(constant())) {
      accumulator.observeConstant(constant(), floats(), min(), max());
    }
    if (accumulator.sumAxis().isPresent() && elements() > 0) {
      int axis = accumulator.sumAxis().getAsInt();
      int channels = Math.toIntExact(sizes()[axis]);
      accumulator.sum(floats(), channels, channels == 1 ? elements() : strides()[axis]);
    }
  }
}
