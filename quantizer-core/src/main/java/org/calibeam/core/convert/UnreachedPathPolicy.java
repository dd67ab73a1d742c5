package org.calibeam.core.convert;

/** What becomes of a code path that too few samples reached; its scales are never made up. */
public enum UnreachedPathPolicy {
  /** No artifact: an error names the path and says how many samples went where. */
  FAIL,
  /** The path stays in floating point. */
  FLOAT,
  /**
   * The path is quantized with ranges that follow from its operands' ranges at the caller, by
   * interval arithmetic; an error says where that does not lead.
   */
  BORROW
}
