package org.calibeam.core.transform;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.TensorData;

/** Computes calls whose operands are all constants. */
@FunctionalInterface
public interface ConstantEvaluator {

  /**
   * The results of {@code call}.
   *
   * @param operands the values of the nodes it reads
   * @return empty if this evaluator cannot compute it
   */
  Optional<List<TensorData>> evaluate(Node.Call call, Function<String, TensorData> operands);

  /** This evaluator, and {@code other} for what it cannot compute. */
  default ConstantEvaluator orElse(ConstantEvaluator other) {
    return (call, operands) -> evaluate(call, operands).or(() -> other.evaluate(call, operands));
  }
}
