package org.calibeam.core.convert;

/** What becomes of a code path that too few samples reached; its scales are never made up. */
public enum UnreachedPathPolicy {
  /** No artifact: an error names the path and says how many samples went where. */
  FAIL,
  /** The path stays in floating point. */
  FLOAT
}
