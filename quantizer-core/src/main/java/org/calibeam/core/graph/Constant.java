package org.calibeam.core.graph;

import java.util.Optional;
import org.calibeam.core.tensor.TensorData;

/**
 * A tensor (or opaque object) that belongs to the program.
 *
 * @param data the values; empty for a custom object
 * @param requiresGrad as the archive has it; only a parameter of a floating-point type may
 */
public record Constant(Kind kind, Optional<TensorData> data, boolean requiresGrad) {

  /** How the program holds a constant. */
  public enum Kind {
    PARAMETER,
    BUFFER,
    /** A buffer that a state dict leaves out. */
    NON_PERSISTENT_BUFFER,
    TENSOR_CONSTANT,
    CUSTOM_OBJECT
  }

  public static Constant buffer(TensorData data) {
    return new Constant(Kind.BUFFER, Optional.of(data), false);
  }

  public static Constant parameter(TensorData data) {
    return new Constant(Kind.PARAMETER, Optional.of(data), data.dtype().isFloatingPoint());
  }

  /**
   * The values.
   *
   * @throws IllegalStateException for a custom object, which has none
   */
  public TensorData tensor() {
    return data.orElseThrow(() -> new IllegalStateException("A custom object has no values"));
  }

  /** The same constant with other values. */
  public Constant withData(TensorData other) {
    return new Constant(kind, Optional.of(other), requiresGrad && other.dtype().isFloatingPoint());
  }
}
