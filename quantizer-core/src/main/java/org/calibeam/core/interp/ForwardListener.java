package org.calibeam.core.interp;

import java.util.Optional;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.tensor.TensorData;

/** Follows one forward. What it throws ends that forward and reaches the caller of the run. */
public interface ForwardListener {

  /** A graph begins to run: {@code main}, a branch taken, one iteration of a loop. */
  default void enter(CodePath path) {}

  /**
   * A tensor reaches the observation point {@code id}.
   *
   * @param value valid only during this call
   */
  default void observe(ObserverId id, ObservedTensor value) {}

  /**
   * The same, instead of {@link #observe}, in a program compiled by {@link
   * CompiledProgram#replacing}.
   *
   * @return what the program goes on with, of the same type and shape; empty for the tensor itself
   */
  default Optional<TensorData> replace(ObserverId id, ObservedTensor value) {
    return Optional.empty();
  }
}
