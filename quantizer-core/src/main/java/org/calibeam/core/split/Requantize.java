package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.split.Plan.Step;

/** Recognizes a piece that only quantizes and dequantizes what it reads. */
final class Requantize {
  static final String QUANTIZE = "quantized_decomposed.quantize_per_tensor.default";
  static final String DEQUANTIZE = "quantized_decomposed.dequantize_per_tensor.default";

  private Requantize() {}

  static boolean isRounding(Node.Call call) {
    return call.isTarget(QUANTIZE) || call.isTarget(DEQUANTIZE);
  }

  /**
   * The step that stands for such a piece; empty if it computes more.
   *
   * @param inside names of the piece's nodes
   * @param results names of what it gives
   */
  static Optional<Step> step(Graph graph, Set<String> inside, List<String> results) {
    boolean only =
        inside.stream()
            .allMatch(
                n ->
                    graph
                        .call(n)
                        .map(c -> c.isTarget(QUANTIZE) || c.isTarget(DEQUANTIZE))
                        .orElse(false));
    List<Step.Rounding> values = new ArrayList<>();
    for (String result : results) {
      Optional<Node.Call> dequantize = graph.call(result).filter(c -> c.isTarget(DEQUANTIZE));
      Optional<Node.Call> quantize =
          dequantize.flatMap(d -> d.ref(0)).flatMap(graph::call).filter(c -> c.isTarget(QUANTIZE));
      if (!only || quantize.isEmpty() || inside.contains(quantize.get().ref(0).orElseThrow())) {
        return Optional.empty();
      }
      Node.Call q = quantize.get();
      values.add(
          new Step.Rounding(
              q.ref(0).orElseThrow(),
              result,
              ((Argument.FloatValue) q.argument(1).orElseThrow()).value(),
              integer(q, 2),
              integer(q, 3),
              integer(q, 4)));
    }
    return Optional.of(new Step.Round(values));
  }

  private static int integer(Node.Call call, int index) {
    return (int) ((Argument.IntValue) call.argument(index).orElseThrow()).value();
  }
}
