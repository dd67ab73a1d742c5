package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of matrix products, linear layers and convolutions. */
final class ProductRules {

  private ProductRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    rules.put("aten.mm", (a, v) -> matrix(a, v, "self", "mat2"));
    rules.put("aten.bmm", (a, v) -> matrix(a, v, "self", "mat2"));
    rules.put("aten.addmm", (a, v) -> matrix(a, v, "mat1", "mat2"));
    rules.put("aten.baddbmm", (a, v) -> matrix(a, v, "batch1", "batch2"));
    rules.put("aten.matmul", ProductRules::matmul);
    rules.put("aten.linear", ProductRules::linear);
    for (int rank = 1; rank <= 3; rank++) {
      rules.put("aten.conv" + rank + "d", ProductRules::convolution);
      rules.put("aten.conv_transpose" + rank + "d", ProductRules::transposed);
    }
  }

  private static Value matrix(
      Arguments a, Function<String, Value> values, String left, String right) {
    TensorSpec x = OutputRules.spec(a, left, values);
    TensorSpec y = OutputRules.spec(a, right, values);
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, x.rank() - 1));
    sizes.add(y.sizes().get(y.rank() - 1));
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  private static Value matmul(Arguments a, Function<String, Value> values) {
    TensorSpec x = OutputRules.spec(a, "self", values);
    TensorSpec y = OutputRules.spec(a, "other", values);
    List<Dim> sizes =
        new ArrayList<>(
            Geometry.broadcast(
                List.of(
                    x.sizes().subList(0, Math.max(0, x.rank() - 2)),
                    y.sizes().subList(0, Math.max(0, y.rank() - 2)))));
    if (x.rank() > 1) {
      sizes.add(x.sizes().get(x.rank() - 2));
    }
    if (y.rank() > 1) {
      sizes.add(y.sizes().get(y.rank() - 1));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  private static Value linear(Arguments a, Function<String, Value> values) {
    TensorSpec x = OutputRules.spec(a, "input", values);
    TensorSpec weight = OutputRules.spec(a, "weight", values);
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, x.rank() - 1));
    if (weight.rank() > 1) {
      sizes.add(weight.sizes().get(0));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  private static Value convolution(Arguments a, Function<String, Value> values) {
    TensorSpec x = OutputRules.spec(a, "input", values);
    TensorSpec weight = OutputRules.spec(a, "weight", values);
    Optional<String> mode = a.text("padding");
    int lead = x.rank() - (weight.rank() - 2);
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, lead - 1));
    sizes.add(weight.sizes().get(0));
    for (int i = 0; i < weight.rank() - 2; i++) {
      long reach = option(a, "dilation", i) * (Geometry.number(weight.sizes().get(i + 2)) - 1);
      long stride = option(a, "stride", i);
      long pad =
          mode.isPresent() ? mode.get().equals("same") ? reach : 0 : 2 * option(a, "padding", i);
      Dim size = x.sizes().get(lead + i);
      sizes.add(
          stride == 1 && pad == reach
              ? size
              : Dim.of((Geometry.number(size) + pad - reach - 1) / stride + 1));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  private static Value transposed(Arguments a, Function<String, Value> values) {
    TensorSpec x = OutputRules.spec(a, "input", values);
    TensorSpec weight = OutputRules.spec(a, "weight", values);
    int lead = x.rank() - (weight.rank() - 2);
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, lead - 1));
    long groups = a.integer("groups").orElseThrow();
    sizes.add(Dim.of(Geometry.number(weight.sizes().get(1)) * groups));
    for (int i = 0; i < weight.rank() - 2; i++) {
      long reach = option(a, "dilation", i) * (Geometry.number(weight.sizes().get(i + 2)) - 1);
      sizes.add(
          Dim.of(
              (Geometry.number(x.sizes().get(lead + i)) - 1) * option(a, "stride", i)
                  - 2 * option(a, "padding", i)
                  + reach
                  + option(a, "output_padding", i)
                  + 1));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  /** Entry {@code index} of a list that one number stands for as well. */
  static long option(Arguments a, String name, int index) {
    List<Long> numbers =
        a.integers(name).orElseThrow(() -> new SymbolicShapeException(name + " has symbols"));
    return numbers.get(Math.min(index, numbers.size() - 1));
  }
}
