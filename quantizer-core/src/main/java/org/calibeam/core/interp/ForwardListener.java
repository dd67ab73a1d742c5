package org.calibeam.core.interp;

import org.calibeam.core.graph.CodePath;
import org.calibeam.core.prepare.ObserverId;

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
}
