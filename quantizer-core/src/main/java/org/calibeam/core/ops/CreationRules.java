package org.calibeam.core.ops;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of operators that make a tensor of numbers alone. */
final class CreationRules {

  private CreationRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    rules.put("aten.full", (a, v) -> sized(a, typeOf(a.get("fill_value"))));
    for (String name : List.of("zeros", "ones", "empty")) {
      rules.put("aten." + name, (a, v) -> sized(a, DType.FLOAT32));
    }
    for (String name : List.of("full_like", "zeros_like", "ones_like", "empty_like")) {
      rules.put("aten." + name, CreationRules::like);
    }
    rules.put("aten.scalar_tensor", (a, v) -> made(a, DType.FLOAT32, List.of()));
    rules.put("aten.arange", CreationRules::range);
    rules.put("aten.linspace.default", CreationRules::spaced);
    rules.put("aten.eye", CreationRules::identity);
  }

  private static Value made(Arguments a, DType otherwise, List<Dim> sizes) {
    return OutputRules.tensor(TensorSpec.contiguous(a.dtype("dtype").orElse(otherwise), sizes));
  }

  private static Value sized(Arguments a, DType otherwise) {
    List<Long> sizes =
        a.integers("size").orElseThrow(() -> new SymbolicShapeException("symbolic sizes"));
    return made(a, otherwise, sizes.stream().map(Dim::of).toList());
  }

  private static DType typeOf(Argument number) {
    if (number instanceof Argument.BoolValue) {
      return DType.BOOL;
    }
    return number instanceof Argument.IntValue ? DType.INT64 : DType.FLOAT32;
  }

  private static Value like(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    return OutputRules.tensor(
        Geometry.pointwise(a.dtype("dtype").orElse(self.dtype()), self.sizes(), List.of(self)));
  }

  private static Value range(Arguments a, Function<String, Value> values) {
    double start = a.has("start") ? number(a, "start") : 0;
    double step = a.has("step") ? number(a, "step") : 1;
    long size = (long) Math.ceil((number(a, "end") - start) / step);
    boolean fractional =
        List.of("start", "end", "step").stream()
            .anyMatch(n -> a.has(n) && a.get(n) instanceof Argument.FloatValue);
    return made(a, fractional ? DType.FLOAT32 : DType.INT64, List.of(Dim.of(Math.max(0, size))));
  }

  private static double number(Arguments a, String name) {
    return a.number(name).orElseThrow(() -> new SymbolicShapeException(name + " is symbolic"));
  }

  private static Value spaced(Arguments a, Function<String, Value> values) {
    return made(a, DType.FLOAT32, List.of(Dim.of(a.integer("steps").orElseThrow())));
  }

  private static Value identity(Arguments a, Function<String, Value> values) {
    Dim rows = Dim.of(a.integer("n").orElseThrow());
    Dim columns = a.has("m") ? Dim.of(a.integer("m").orElseThrow()) : rows;
    return made(a, DType.FLOAT32, List.of(rows, columns));
  }
}
