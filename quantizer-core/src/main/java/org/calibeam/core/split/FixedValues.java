package org.calibeam.core.split;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.transform.ConstantEvaluator;

/** Computes nodes of a graph that read constants alone. */
final class FixedValues {
  private final Program program;
  private final Graph graph;
  private final ConstantEvaluator evaluator;
  private final Map<String, List<TensorData>> known = new HashMap<>();

  FixedValues(Program program, Graph graph, ConstantEvaluator evaluator) {
    this.program = program;
    this.graph = graph;
    this.evaluator = evaluator;
  }

  /**
   * The value of the node {@code name}, a tensor.
   *
   * @throws ModelException if it cannot be computed
   */
  TensorData of(String name) {
    return results(name).get(0);
  }

  private List<TensorData> results(String name) {
    List<TensorData> results = known.get(name);
    if (results == null) {
      results = compute(graph.node(name)).orElseThrow(() -> unknown(name));
      known.put(name, results);
    }
    return results;
  }

  private Optional<List<TensorData>> compute(Node node) {
    if (node instanceof Node.GetAttr attr) {
      return Objects.requireNonNull(program.constants().get(attr.constant())).data().map(List::of);
    }
    Node.Call call = (Node.Call) node;
    if (call.isTarget(Node.Call.GETITEM)
        && call.argument(1).orElse(Argument.NONE) instanceof Argument.IntValue index) {
      return Optional.of(List.of(results(call.ref(0).orElseThrow()).get((int) index.value())));
    }
    return evaluator.evaluate(call, this::of);
  }

  private static ModelException unknown(String name) {
    return new ModelException(
        "Cannot split the program: %s is computed from constants alone, but has no value. Export the model with its weights."
            .formatted(name));
  }
}
