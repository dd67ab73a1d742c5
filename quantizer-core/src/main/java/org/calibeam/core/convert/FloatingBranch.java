package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.prepare.PreparedProgram;

/** Takes the observation points out of a graph that stays in floating point. */
final class FloatingBranch {
  private FloatingBranch() {}

  static Graph withoutObservers(Graph graph) {
    Map<String, String> sources = new HashMap<>();
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Call call) {
        if (call.isTarget(PreparedProgram.OBSERVE)) {
          String source = call.ref(0).orElseThrow();
          sources.put(call.name(), sources.getOrDefault(source, source));
        } else {
          nodes.add(
              call.withArguments(
                  call.arguments().stream()
                      .map(a -> a.withValue(a.value().renamed(n -> sources.getOrDefault(n, n))))
                      .toList()));
        }
      } else {
        nodes.add(node);
      }
    }
    return new Graph(
        nodes,
        graph.outputs().stream().map(o -> o.renamed(n -> sources.getOrDefault(n, n))).toList(),
        graph.singleTensorReturn());
  }
}
