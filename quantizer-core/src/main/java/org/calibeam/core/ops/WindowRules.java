package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of pooling, padding and resizing. */
final class WindowRules {

  private WindowRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    for (int rank = 1; rank <= 3; rank++) {
      int spatial = rank;
      rules.put("aten.avg_pool" + rank + "d", (a, v) -> pooled(a, v, spatial));
      rules.put("aten.max_pool" + rank + "d", (a, v) -> pooled(a, v, spatial));
      rules.put("aten.adaptive_avg_pool" + rank + "d", (a, v) -> adaptive(a, v, spatial));
    }
    rules.put("aten.pad", WindowRules::padded);
    rules.put("aten.constant_pad_nd", WindowRules::padded);
    for (String name : List.of("upsample_bilinear2d.vec", "upsample_nearest2d.vec")) {
      rules.put("aten." + name, WindowRules::resized);
    }
  }

  private static Value pooled(Arguments a, Function<String, Value> values, int spatial) {
    TensorSpec x = OutputRules.spec(a, "self", values);
    int lead = x.rank() - spatial;
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, lead));
    boolean strided = !a.integers("stride").orElse(List.of()).isEmpty();
    for (int i = 0; i < spatial; i++) {
      long kernel = ProductRules.option(a, "kernel_size", i);
      long stride = strided ? ProductRules.option(a, "stride", i) : kernel;
      long pad = ProductRules.option(a, "padding", i);
      long dilation = a.has("dilation") ? ProductRules.option(a, "dilation", i) : 1;
      long reach = dilation * (kernel - 1) + 1;
      long size = Geometry.number(x.sizes().get(lead + i));
      long room = size + 2 * pad - reach + (a.flag("ceil_mode") ? stride - 1 : 0);
      long out = Math.floorDiv(room, stride) + 1;
      if (a.flag("ceil_mode") && (out - 1) * stride >= size + pad) {
        out--;
      }
      sizes.add(Dim.of(out));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  private static Value adaptive(Arguments a, Function<String, Value> values, int spatial) {
    TensorSpec x = OutputRules.spec(a, "self", values);
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, x.rank() - spatial));
    for (int i = 0; i < spatial; i++) {
      sizes.add(Dim.of(ProductRules.option(a, "output_size", i)));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }

  private static Value padded(Arguments a, Function<String, Value> values) {
    TensorSpec x = OutputRules.spec(a, "self", values);
    List<Long> pad =
        a.integers("pad").orElseThrow(() -> new SymbolicShapeException("symbolic padding"));
    List<Dim> sizes = new ArrayList<>(x.sizes());
    for (int i = 0; i < pad.size() / 2; i++) {
      int axis = x.rank() - 1 - i;
      long added = pad.get(2 * i) + pad.get(2 * i + 1);
      if (added != 0) {
        sizes.set(axis, Dim.of(Geometry.number(sizes.get(axis)) + added));
      }
    }
    return OutputRules.tensor(Geometry.pointwise(x.dtype(), sizes, List.of(x)));
  }

  private static Value resized(Arguments a, Function<String, Value> values) {
    TensorSpec x = OutputRules.spec(a, "input", values);
    List<Dim> sizes = new ArrayList<>(x.sizes().subList(0, 2));
    List<Long> wanted = a.integers("output_size").orElse(List.of());
    List<Double> factors =
        a.get("scale_factors") instanceof Argument.FloatList list ? list.values() : List.of();
    for (int i = 0; i < x.rank() - 2; i++) {
      Dim size = x.sizes().get(i + 2);
      sizes.add(
          wanted.isEmpty()
              ? Dim.of((long) Math.floor(Geometry.number(size) * factors.get(i)))
              : Dim.of(wanted.get(i)));
    }
    return OutputRules.tensor(TensorSpec.contiguous(x.dtype(), sizes));
  }
}
