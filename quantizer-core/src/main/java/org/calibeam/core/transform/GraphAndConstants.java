package org.calibeam.core.transform;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;

/**
 * One graph of a program and the constants of the whole program.
 *
 * @param constants by name, in the archive's order; other graphs may use them as well
 * @param usedElsewhere names of those that other graphs read: their values stay as they are
 * @param written names of those the program writes while it runs: what follows from them is no
 *     constant
 */
public record GraphAndConstants(
    Graph graph, Map<String, Constant> constants, Set<String> usedElsewhere, Set<String> written) {
  public GraphAndConstants {
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    usedElsewhere = Set.copyOf(usedElsewhere);
    written = Set.copyOf(written);
  }

  /** A graph with constants that nothing else reads or writes. */
  public GraphAndConstants(Graph graph, Map<String, Constant> constants) {
    this(graph, constants, Set.of(), Set.of());
  }

  GraphAndConstants with(Graph otherGraph, Map<String, Constant> otherConstants) {
    return new GraphAndConstants(otherGraph, otherConstants, usedElsewhere, written);
  }
}
