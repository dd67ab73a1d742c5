package org.calibeam.core.annotate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Graph;

/**
 * A graph with the annotations of its nodes.
 *
 * @param annotations by node name; {@link GraphView#OUTPUT} for the graph's results
 * @param deciding calls that only decide which way control flow goes
 * @param rejections what was turned down and why, in the order it was considered
 */
public record AnnotatedGraph(
    Graph graph,
    Map<String, Annotation> annotations,
    Set<String> deciding,
    List<Rejection> rejections) {
  public AnnotatedGraph {
    deciding = Set.copyOf(deciding);
    annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    rejections = List.copyOf(rejections);
  }
}
