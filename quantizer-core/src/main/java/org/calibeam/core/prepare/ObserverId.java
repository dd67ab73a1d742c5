package org.calibeam.core.prepare;

import java.util.Comparator;
import org.calibeam.core.graph.CodePath;

/**
 * Identifies an observer within a prepared program.
 *
 * @param codePath the graph it stands in
 * @param name unique there; the tensor it was first inserted for: {@code conv2d} for what that node
 *     computes, {@code x->conv2d} for an edge
 */
public record ObserverId(CodePath codePath, String name) implements Comparable<ObserverId> {
  private static final Comparator<ObserverId> ORDER =
      Comparator.comparing(ObserverId::codePath).thenComparing(ObserverId::name);

  @Override
  public int compareTo(ObserverId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return codePath + ":" + name;
  }
}
