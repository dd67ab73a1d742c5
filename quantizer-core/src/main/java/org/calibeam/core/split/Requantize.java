package org.calibeam.core.split;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.split.Plan.Step;

/** Recognizes a piece that only quantizes and dequantizes what it reads. */
final class Requantize {
  private Requantize() {}

  static boolean isRounding(Node.Call call) {
    return call.isTarget(QuantizedDecomposed.QUANTIZE)
        || call.isTarget(QuantizedDecomposed.DEQUANTIZE);
  }

  /**
   * The step that stands for such a piece; empty if it computes more.
   *
   * @param inside names of the piece's nodes
   * @param results names of what it gives
   */
  static Optional<Step> step(Graph graph, Set<String> inside, List<String> results) {
    boolean only =
        inside.stream().allMatch(n -> graph.call(n).map(Requantize::isRounding).orElse(false));
    Map<String, Step.Rounding> values = new LinkedHashMap<>();
    for (String result : results) {
      if (!only || !add(graph, inside, result, values)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Step.Round(List.copyOf(values.values())));
  }

  /** Adds the rounding that gives {@code name}, after those before it that it reads. */
  private static boolean add(
      Graph graph, Set<String> inside, String name, Map<String, Step.Rounding> values) {
    Optional<Node.Call> quantize =
        graph
            .call(name)
            .filter(c -> c.isTarget(QuantizedDecomposed.DEQUANTIZE))
            .flatMap(d -> d.ref(0))
            .flatMap(graph::call)
            .filter(c -> c.isTarget(QuantizedDecomposed.QUANTIZE));
    if (quantize.isEmpty()) {
      return false;
    }
    Node.Call q = quantize.get();
    String source = q.ref(0).orElseThrow();
    if (inside.contains(source) && !add(graph, inside, source, values)) {
      return false;
    }
    values.putIfAbsent(
        name,
        new Step.Rounding(
            source,
            name,
            ((Argument.FloatValue) q.argument(1).orElseThrow()).value(),
            integer(q, 2),
            integer(q, 3),
            integer(q, 4)));
    return true;
  }

  private static int integer(Node.Call call, int index) {
    return (int) ((Argument.IntValue) call.argument(index).orElseThrow()).value();
  }
}
