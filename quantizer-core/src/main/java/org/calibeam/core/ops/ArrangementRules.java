package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of operators that join, split, repeat and pick elements. */
final class ArrangementRules {

  private ArrangementRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    for (String name : List.of("cat", "concat", "concatenate")) {
      rules.put("aten." + name, ArrangementRules::joined);
    }
    rules.put("aten.stack", ArrangementRules::stacked);
    rules.put("aten.split", ArrangementRules::split);
    rules.put("aten.split_with_sizes", ArrangementRules::split);
    rules.put("aten.chunk", ArrangementRules::split);
    rules.put("aten.repeat", ArrangementRules::repeated);
    rules.put("aten.index_select", ArrangementRules::picked);
    rules.put("aten.embedding", ArrangementRules::looked);
    rules.put("aten.index.Tensor", ArrangementRules::indexed);
    rules.put("aten.gather", ArrangementRules::gathered);
    for (String name : List.of("index_put", "index_put_", "index_copy", "flip", "roll", "tril")) {
      rules.put("aten." + name, ArrangementRules::sameShape);
    }
    for (String name : List.of("select_scatter", "slice_scatter", "scatter", "triu")) {
      rules.put("aten." + name, ArrangementRules::sameShape);
    }
  }

  private static Value sameShape(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    return OutputRules.tensor(Geometry.pointwise(self.dtype(), self.sizes(), List.of(self)));
  }

  private static Value joined(Arguments a, Function<String, Value> values) {
    List<TensorSpec> parts = OutputRules.specs(a, "tensors", values);
    TensorSpec first = parts.get(0);
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), first.rank());
    List<Dim> sizes = new ArrayList<>(first.sizes());
    if (parts.size() > 1) {
      sizes.set(
          axis, Dim.of(parts.stream().mapToLong(p -> Geometry.number(p.sizes().get(axis))).sum()));
    }
    return OutputRules.tensor(TensorSpec.contiguous(Promotion.of(parts, List.of()), sizes));
  }

  private static Value stacked(Arguments a, Function<String, Value> values) {
    List<TensorSpec> parts = OutputRules.specs(a, "tensors", values);
    List<Dim> sizes = new ArrayList<>(parts.get(0).sizes());
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), sizes.size() + 1);
    sizes.add(axis, Dim.of(parts.size()));
    return OutputRules.tensor(TensorSpec.contiguous(Promotion.of(parts, List.of()), sizes));
  }

  private static Value split(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), self.rank());
    long size = Geometry.number(self.sizes().get(axis));
    List<Value> parts = new ArrayList<>();
    long start = 0;
    for (long part : partSizes(a, size)) {
      List<Dim> sizes = new ArrayList<>(self.sizes());
      sizes.set(axis, Dim.of(part));
      Dim offset =
          start == 0
              ? self.storageOffset()
              : Dim.of(
                  Geometry.number(self.storageOffset())
                      + start * Geometry.number(self.strides().get(axis)));
      parts.add(OutputRules.tensor(Geometry.view(self, sizes, self.strides(), offset)));
      start += part;
    }
    return new Value.Several(parts, true);
  }

  private static List<Long> partSizes(Arguments a, long size) {
    if (!a.has("chunks")) {
      for (String name : List.of("split_sizes", "split_size")) {
        if (a.has(name) && !(a.get(name) instanceof Argument.IntValue)) {
          return a.integers(name).orElseThrow(() -> new SymbolicShapeException("symbolic split"));
        }
      }
    }
    long part;
    if (a.has("chunks")) {
      long chunks = a.integer("chunks").orElseThrow();
      part = Math.max(1, (size + chunks - 1) / chunks);
    } else {
      part = a.integer("split_size").orElseThrow(() -> new SymbolicShapeException("split"));
    }
    List<Long> sizes = new ArrayList<>();
    for (long left = size; left > 0; left -= part) {
      sizes.add(Math.min(part, left));
    }
    return sizes;
  }

  private static Value repeated(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    List<Long> times =
        a.integers("repeats").orElseThrow(() -> new SymbolicShapeException("symbolic repeats"));
    int lead = times.size() - self.rank();
    List<Dim> sizes = new ArrayList<>();
    for (int i = 0; i < times.size(); i++) {
      Dim size = i < lead ? Dim.of(1) : self.sizes().get(i - lead);
      sizes.add(times.get(i) == 1 ? size : Dim.of(Geometry.number(size) * times.get(i)));
    }
    return OutputRules.tensor(TensorSpec.contiguous(self.dtype(), sizes));
  }

  private static Value picked(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    TensorSpec index = OutputRules.spec(a, "index", values);
    List<Dim> sizes = new ArrayList<>(self.sizes());
    if (!sizes.isEmpty()) {
      sizes.set(
          Geometry.axis(a.integer("dim").orElseThrow(), self.rank()),
          index.rank() == 0 ? Dim.of(1) : index.sizes().get(0));
    }
    return OutputRules.tensor(TensorSpec.contiguous(self.dtype(), sizes));
  }

  private static Value looked(Arguments a, Function<String, Value> values) {
    TensorSpec weight = OutputRules.spec(a, "weight", values);
    List<Dim> sizes = new ArrayList<>(OutputRules.spec(a, "indices", values).sizes());
    sizes.add(weight.sizes().get(1));
    return OutputRules.tensor(TensorSpec.contiguous(weight.dtype(), sizes));
  }

  /** Indices that stand together replace their dimensions in place, others come first. */
  private static Value indexed(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    List<Optional<TensorSpec>> indices = new ArrayList<>();
    if (a.get("indices") instanceof Argument.OptionalRefs refs) {
      refs.refs().forEach(r -> indices.add(r.flatMap(x -> values.apply(x.node()).tensor())));
    } else {
      OutputRules.specs(a, "indices", values).forEach(s -> indices.add(Optional.of(s)));
    }
    List<Dim> together =
        Geometry.broadcast(
            indices.stream().flatMap(Optional::stream).map(TensorSpec::sizes).toList());
    List<Dim> sizes = new ArrayList<>();
    int first = -1;
    int last = -1;
    int given = 0;
    for (int i = 0; i < self.rank(); i++) {
      if (i < indices.size() && indices.get(i).isPresent()) {
        first = first < 0 ? i : first;
        last = i;
        given++;
      } else {
        sizes.add(self.sizes().get(i));
      }
    }
    boolean adjacent = last - first + 1 == given;
    sizes.addAll(adjacent ? Math.max(0, first) : 0, together);
    return OutputRules.tensor(TensorSpec.contiguous(self.dtype(), sizes));
  }

  private static Value gathered(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    List<Dim> sizes = OutputRules.spec(a, "index", values).sizes();
    return OutputRules.tensor(TensorSpec.contiguous(self.dtype(), sizes));
  }
}
