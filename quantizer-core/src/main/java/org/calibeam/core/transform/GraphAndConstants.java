package org.calibeam.core.transform;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;

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

  /**
   * The graph at {@code path} as it is now, what other graphs use being told by {@code program}.
   *
   * @param program what {@code graph} comes from, branch constants resolved
   */
  public static GraphAndConstants within(
      Program program, CodePath path, Graph graph, Map<String, Constant> constants) {
    Set<String> elsewhere = new HashSet<>();
    program
        .graphs()
        .forEach(
            (other, contents) -> {
              if (!other.equals(path)) {
                contents.nodes().stream()
                    .filter(Node.GetAttr.class::isInstance)
                    .forEach(n -> elsewhere.add(((Node.GetAttr) n).constant()));
              }
            });
    Set<String> written =
        program.outputKinds().stream()
            .filter(kind -> kind.kind().endsWith("_mutation"))
            .map(OutputKind::target)
            .collect(Collectors.toSet());
    return new GraphAndConstants(graph, constants, elsewhere, written);
  }

  GraphAndConstants with(Graph otherGraph, Map<String, Constant> otherConstants) {
    return new GraphAndConstants(otherGraph, otherConstants, usedElsewhere, written);
  }
}
