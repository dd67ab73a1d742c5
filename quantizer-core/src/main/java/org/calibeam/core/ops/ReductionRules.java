package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of operators that reduce dimensions, or normalize along some. */
final class ReductionRules {

  private ReductionRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    for (String name : List.of("sum", "prod")) {
      rules.put("aten." + name, (a, v) -> reduce(a, v, summed(a, v)));
    }
    for (String name : List.of("mean", "var", "std", "amax", "amin", "logsumexp")) {
      rules.put("aten." + name, (a, v) -> reduce(a, v, same(a, v)));
    }
    rules.put("aten.linalg_vector_norm", (a, v) -> reduce(a, v, same(a, v)));
    rules.put("aten.max.default", (a, v) -> reduce(a, v, same(a, v)));
    rules.put("aten.min.default", (a, v) -> reduce(a, v, same(a, v)));
    for (String name : List.of("argmax", "argmin")) {
      rules.put("aten." + name, (a, v) -> reduce(a, v, DType.INT64));
    }
    for (String name : List.of("any", "all")) {
      rules.put("aten." + name, (a, v) -> reduce(a, v, DType.BOOL));
    }
    for (String name : List.of("max.dim", "min.dim")) {
      rules.put("aten." + name, ReductionRules::extreme);
    }
    rules.put("aten.cumsum", (a, v) -> keep(a, v, summed(a, v)));
    for (String name : List.of("softmax", "log_softmax", "_softmax", "_log_softmax")) {
      rules.put("aten." + name, (a, v) -> keep(a, v, same(a, v)));
    }
    rules.put("aten._safe_softmax", (a, v) -> keep(a, v, same(a, v)));
    for (String name : List.of("batch_norm", "layer_norm", "group_norm", "instance_norm")) {
      rules.put("aten." + name, (a, v) -> OutputRules.tensor(OutputRules.spec(a, "input", v)));
    }
  }

  private static DType same(Arguments a, Function<String, Value> values) {
    DType dtype = OutputRules.spec(a, "self", values).dtype();
    return a.has("dtype") ? a.dtype("dtype").orElse(dtype) : dtype;
  }

  private static DType summed(Arguments a, Function<String, Value> values) {
    DType dtype = same(a, values);
    boolean widened = dtype.isInteger() || dtype == DType.BOOL;
    return widened && a.isNone("dtype") ? DType.INT64 : dtype;
  }

  private static Value keep(Arguments a, Function<String, Value> values, DType dtype) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    return OutputRules.tensor(TensorSpec.contiguous(dtype, self.sizes()));
  }

  private static Value reduce(Arguments a, Function<String, Value> values, DType dtype) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    List<Long> axes = a.has("dim") ? a.integers("dim").orElse(List.of()) : List.of();
    boolean keep = a.has("keepdim") && a.flag("keepdim");
    return OutputRules.tensor(TensorSpec.contiguous(dtype, reduced(self.sizes(), axes, keep)));
  }

  private static Value extreme(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    List<Dim> sizes = reduced(self.sizes(), a.integers("dim").orElseThrow(), a.flag("keepdim"));
    return new Value.Several(
        List.of(
            OutputRules.tensor(TensorSpec.contiguous(self.dtype(), sizes)),
            OutputRules.tensor(TensorSpec.contiguous(DType.INT64, sizes))),
        false);
  }

  /** {@code sizes} without {@code axes}, or with extent 1 there; no axes means all. */
  private static List<Dim> reduced(List<Dim> sizes, List<Long> axes, boolean keep) {
    TreeSet<Integer> gone = new TreeSet<>();
    axes.forEach(axis -> gone.add(Geometry.axis(axis, sizes.size())));
    List<Dim> result = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      if (!gone.isEmpty() && !gone.contains(i)) {
        result.add(sizes.get(i));
      } else if (keep) {
        result.add(Dim.of(1));
      }
    }
    return result;
  }
}
