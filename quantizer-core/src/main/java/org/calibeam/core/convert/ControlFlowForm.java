package org.calibeam.core.convert;

/** For whom control flow is written. */
public enum ControlFlowForm {
  /** Branches take and give numbers, their weights have a scale per channel. */
  TORCH,
  /**
   * As far as Arm's backend lowers {@code cond} and {@code while_loop} to TOSA: weights in branches
   * have one scale per tensor, since scales that are operands of control flow do not lower.
   */
  TOSA
}
