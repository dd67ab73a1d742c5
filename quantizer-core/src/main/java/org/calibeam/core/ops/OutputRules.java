package org.calibeam.core.ops;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Type, sizes and strides of what an operator computes, as PyTorch's own shape functions give them
 * when a model is exported.
 *
 * <p>There is a rule for every operator that a rewrite writes and for those that commonly stand
 * behind one.
 */
public final class OutputRules {

  /** Computes the output of one operator. */
  interface Rule {
    /**
     * What the operator computes.
     *
     * @throws SymbolicShapeException if a number is needed where a shape is symbolic
     */
    Value infer(Arguments arguments, Function<String, Value> values);
  }

  private static final Map<String, Rule> RULES = table();

  private OutputRules() {}

  /** Whether there is a rule for {@code target}. */
  public static boolean covers(String target) {
    return rule(target).isPresent();
  }

  /**
   * What a call computes.
   *
   * @param values what the nodes it reads compute
   * @return empty if there is no rule for its operator
   * @throws SymbolicShapeException if a number is needed where a shape is symbolic
   */
  public static Optional<Value> infer(Node.Call call, Function<String, Value> values) {
    if (call.isTarget(Node.Call.GETITEM)) {
      return element(call, values);
    }
    return rule(call.target()).map(rule -> rule.infer(Arguments.of(call), values));
  }

  private static Optional<Value> element(Node.Call call, Function<String, Value> values) {
    Argument index = call.argument(1).orElse(Argument.NONE);
    return call.ref(0)
        .map(values)
        .filter(v -> v instanceof Value.Several && index instanceof Argument.IntValue)
        .map(
            v -> {
              List<Value> elements = ((Value.Several) v).elements();
              long at = ((Argument.IntValue) index).value();
              return elements.get(Math.toIntExact(at < 0 ? at + elements.size() : at));
            });
  }

  private static Optional<Rule> rule(String target) {
    if (Operators.find(target).isEmpty()) {
      return Optional.empty();
    }
    Rule exact = RULES.get(target);
    return Optional.ofNullable(
        exact != null ? exact : RULES.get(target.substring(0, target.lastIndexOf('.'))));
  }

  private static Map<String, Rule> table() {
    Map<String, Rule> rules = new HashMap<>();
    PointwiseRules.addTo(rules);
    ReductionRules.addTo(rules);
    ViewRules.addTo(rules);
    ProductRules.addTo(rules);
    WindowRules.addTo(rules);
    ArrangementRules.addTo(rules);
    CreationRules.addTo(rules);
    return rules;
  }

  /** The tensor passed as {@code name}. */
  static TensorSpec spec(Arguments arguments, String name, Function<String, Value> values) {
    return optionalSpec(arguments, name, values)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s needs a tensor as %s".formatted(arguments.schema().target(), name)));
  }

  static Optional<TensorSpec> optionalSpec(
      Arguments arguments, String name, Function<String, Value> values) {
    return arguments.tensor(name).flatMap(ref -> values.apply(ref.node()).tensor());
  }

  static List<TensorSpec> specs(Arguments arguments, String name, Function<String, Value> values) {
    return arguments.tensors(name).stream()
        .flatMap(ref -> values.apply(ref.node()).tensor().stream())
        .toList();
  }

  static Value tensor(TensorSpec spec) {
    return new Value.Tensor(spec);
  }
}
