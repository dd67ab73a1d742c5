package org.calibeam.core.transform;

import java.util.List;

/**
 * What came of a transformation.
 *
 * @param notes one line for each place where a rewrite would have fired but could not, and why
 */
public record Transformed(GraphAndConstants result, List<String> notes) {
  public Transformed {
    notes = List.copyOf(notes);
  }
}
