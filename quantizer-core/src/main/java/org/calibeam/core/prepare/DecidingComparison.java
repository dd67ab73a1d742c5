package org.calibeam.core.prepare;

import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Histogram;

/**
 * A comparison of floating-point values whose result decides about control flow.
 *
 * @param path of the graph that it stands in; not that of the conditional if its result is handed
 *     to a branch
 * @param node its name there
 * @param operator for example {@code aten.gt.Tensor}
 */
public record DecidingComparison(CodePath path, String node, String operator) {
  /**
   * So many that a bin of the {@link #difference} is at most an eighth of a step wide, where 255
   * steps cover what is compared: the difference is no greater than that range, and half of the
   * bins, doubled in width once too often at worst, cover it.
   */
  public static final int DIFFERENCE_BINS = Histogram.INT16_BINS;

  /** Observes by how much the left side exceeds the right one. */
  public ObserverId difference() {
    return new ObserverId(path, node + ":difference");
  }

  /** Observes the values of both sides. */
  public ObserverId compared() {
    return new ObserverId(path, node + ":compared");
  }
}
