package org.calibeam.pipeline.evaluate;

import java.util.Comparator;
import org.calibeam.core.graph.CodePath;

/**
 * What figures are of: one output of the samples for which the float model takes one code path.
 * Every sample takes {@code main}.
 *
 * @param output number of the output, or {@link #ALL}
 */
public record Group(CodePath path, int output) implements Comparable<Group> {
  /** All floating-point outputs as if they were one long vector; decisions are the first's. */
  public static final int ALL = -1;

  private static final Comparator<Group> ORDER =
      Comparator.comparing(Group::path).thenComparingInt(Group::output);

  @Override
  public int compareTo(Group other) {
    return ORDER.compare(this, other);
  }
}
