package org.calibeam.core.annotate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.qspec.QuantizationConfig;

/**
 * Annotates a graph by a list of steps, then what only moves values.
 *
 * @param steps in the order in which they claim nodes: the first that finds a node decides
 * @param global configuration of all nodes without one of their own, the last step; empty if there
 *     is none, which leaves nodes open to sharing with their neighbours
 */
public record Annotator(List<AnnotationStep> steps, Optional<AnnotationStep> global) {

  public Annotator {
    steps = List.copyOf(steps);
  }

  public AnnotatedGraph annotate(CodePath path, Graph graph, Map<String, Constant> constants) {
    GraphView view = new GraphView(path, graph, constants);
    AnnotationState state = new AnnotationState(view);
    steps.forEach(step -> PatternAnnotator.annotate(state, step));
    global.ifPresent(step -> PatternAnnotator.annotate(state, step));
    Optional<QuantizationConfig> fallback = global.flatMap(AnnotationStep::config);
    SharedSpecAnnotator.annotate(state, fallback);
    Set<String> deciding =
        graph.calls().stream()
            .map(Node::name)
            .filter(name -> PredicateCone.contains(view, name))
            .collect(Collectors.toSet());
    return new AnnotatedGraph(graph, state.annotations(), deciding, state.rejections());
  }
}
