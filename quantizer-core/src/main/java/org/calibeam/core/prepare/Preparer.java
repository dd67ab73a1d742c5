package org.calibeam.core.prepare;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.annotate.AnnotatedGraph;
import org.calibeam.core.annotate.GraphView;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;

/** Turns one annotated graph into one with observation points. */
public final class Preparer {
  private Preparer() {}

  /**
   * A prepared graph.
   *
   * @param observers by {@link ObserverId#name}
   * @param annotated names of the nodes whose annotation says something about their inputs or
   *     output ({@link GraphView#OUTPUT} among them): each will read a dequantize of its own
   * @param quantized names of the nodes that are to run on integers
   * @param floating names of the nodes that were decided to stay in floating point
   */
  public record PreparedGraph(
      Graph graph,
      Map<String, PreparedObserver> observers,
      Set<String> annotated,
      Set<String> quantized,
      Set<String> floating) {}

  public static PreparedGraph prepare(
      CodePath path, AnnotatedGraph annotated, Map<String, Constant> constants) {
    ObserverInserter.Prepared prepared = ObserverInserter.insert(path, annotated, constants);
    Set<String> decided = new LinkedHashSet<>();
    Set<String> quantized = new LinkedHashSet<>();
    Set<String> floating = new LinkedHashSet<>();
    annotated
        .annotations()
        .forEach(
            (name, annotation) -> {
              if (!annotation.isEmpty()) {
                decided.add(name);
              }
              (annotation.quantized() ? quantized : floating).add(name);
            });
    return new PreparedGraph(prepared.graph(), prepared.observers(), decided, quantized, floating);
  }
}
