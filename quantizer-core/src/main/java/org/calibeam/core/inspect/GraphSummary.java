package org.calibeam.core.inspect;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;

/**
 * One graph.
 *
 * @param inputs what a sample or the caller passes
 * @param operators how often each is called, the most frequent first
 * @param computing number of calls that compute something from numbers in floating point
 * @param floating those of them that run in floating point, by name; all of a float model's
 */
public record GraphSummary(
    CodePath path,
    List<Tensor> inputs,
    List<Tensor> outputs,
    Map<String, Integer> operators,
    int computing,
    List<String> floating) {

  public GraphSummary {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    floating = List.copyOf(floating);
    operators = Collections.unmodifiableMap(new LinkedHashMap<>(operators));
  }

  /** An input or output and its type, for example {@code float32[1, 3]}. */
  public record Tensor(String name, String type) {}

  static GraphSummary of(CodePath path, Graph graph) {
    Map<String, Integer> counts = new TreeMap<>();
    for (Node.Call call : graph.calls()) {
      if (!call.isTarget(Node.Call.GETITEM)) {
        counts.merge(call.target(), 1, Integer::sum);
      }
    }
    List<Map.Entry<String, Integer>> sorted = new ArrayList<>(counts.entrySet());
    sorted.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
    Map<String, Integer> operators = new LinkedHashMap<>();
    sorted.forEach(e -> operators.put(e.getKey(), e.getValue()));
    return new GraphSummary(
        path,
        graph.placeholders().stream().map(p -> new Tensor(p.name(), TypeText.of(p))).toList(),
        graph.outputNames().stream()
            .map(name -> new Tensor(name, TypeText.of(graph.node(name))))
            .toList(),
        operators,
        IntegerCalls.computing(graph).size(),
        IntegerCalls.floating(graph));
  }

  /** Number of calls in all; taking results apart does not count. */
  public int calls() {
    return operators.values().stream().mapToInt(Integer::intValue).sum();
  }
}
