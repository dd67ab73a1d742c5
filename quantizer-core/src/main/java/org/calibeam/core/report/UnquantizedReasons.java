package org.calibeam.core.report;

import java.util.LinkedHashMap;
import java.util.Map;
import org.calibeam.core.annotate.AnnotatedGraph;
import org.calibeam.core.annotate.Annotation;
import org.calibeam.core.annotate.Rejection;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;

/** Why calls stay in floating point. */
public final class UnquantizedReasons {
  private UnquantizedReasons() {}

  /**
   * One sentence for each call of the graph that is not quantized, by node name, in graph order.
   */
  public static Map<String, String> of(AnnotatedGraph annotated) {
    Map<String, String> rejected = new LinkedHashMap<>();
    for (Rejection rejection : annotated.rejections()) {
      rejection.nodes().forEach(name -> rejected.put(name, rejection.reason()));
    }
    Map<String, String> reasons = new LinkedHashMap<>();
    for (Node.Call call : annotated.graph().calls()) {
      if (call.isControlFlow() || isResultOfControlFlow(annotated.graph(), call)) {
        continue;
      }
      Annotation annotation = annotated.annotations().get(call.name());
      if (annotation == null) {
        reasons.put(
            call.name(),
            rejected.getOrDefault(
                call.name(), "VGF's quantizer has no pattern for %s".formatted(call.target())));
      } else if (!annotation.quantized()) {
        reasons.put(
            call.name(),
            annotated.deciding().contains(call.name())
                ? "only decides what runs; predicates stay in floating point unless --quantize-predicates is given"
                : "excluded by the configuration");
      }
    }
    return reasons;
  }

  /** Control flow computes nothing itself. */
  private static boolean isResultOfControlFlow(Graph graph, Node.Call call) {
    return call.isTarget(Node.Call.GETITEM)
        && call.ref(0).flatMap(graph::call).filter(Node.Call::isControlFlow).isPresent();
  }
}
