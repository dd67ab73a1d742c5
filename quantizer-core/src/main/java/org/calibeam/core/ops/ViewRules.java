package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of operators that show the same elements in another shape. */
final class ViewRules {
  private static final Dim ONE = Dim.of(1);

  private interface View {
    TensorSpec of(TensorSpec self, Arguments arguments);
  }

  private ViewRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    add(rules, "view", (self, a) -> shaped(self, a.integers("size")));
    add(rules, "_unsafe_view", (self, a) -> shaped(self, a.integers("size")));
    add(rules, "reshape", (self, a) -> shaped(self, a.integers("shape")));
    add(rules, "flatten", ViewRules::flatten);
    add(rules, "unflatten", ViewRules::unflatten);
    add(rules, "permute", (self, a) -> permute(self, a.integers("dims").orElseThrow()));
    add(rules, "transpose", (self, a) -> transpose(self, a, "dim0", "dim1"));
    add(rules, "swapdims", (self, a) -> transpose(self, a, "dim0", "dim1"));
    add(rules, "swapaxes", (self, a) -> transpose(self, a, "axis0", "axis1"));
    add(rules, "t", (self, a) -> self.rank() < 2 ? self : permute(self, List.of(1L, 0L)));
    add(rules, "expand", ViewRules::expand);
    rules.put("aten.expand_as", ViewRules::expandedAs);
    add(rules, "select", ViewRules::select);
    add(rules, "slice", ViewRules::slice);
    add(rules, "unsqueeze", ViewRules::unsqueeze);
    add(rules, "squeeze", ViewRules::squeeze);
  }

  /** The view itself, and its {@code _copy} variant, whose result is contiguous. */
  private static void add(Map<String, OutputRules.Rule> rules, String name, View view) {
    OutputRules.Rule rule =
        (a, values) -> OutputRules.tensor(view.of(OutputRules.spec(a, "self", values), a));
    rules.put("aten." + name, rule);
    rules.put("aten." + name + "_", rule);
    rules.put("aten." + name + "_copy", (a, values) -> copied(rule.infer(a, values)));
  }

  private static Value copied(Value view) {
    TensorSpec spec = view.tensor().orElseThrow();
    return OutputRules.tensor(TensorSpec.contiguous(spec.dtype(), spec.sizes()));
  }

  private static TensorSpec shaped(TensorSpec self, Optional<List<Long>> sizes) {
    List<Long> numbers =
        sizes.orElseThrow(() -> new SymbolicShapeException("the new shape has symbols"));
    return reshaped(self, resolved(self.sizes(), numbers));
  }

  /** {@code numbers} with -1 replaced by what is left of {@code sizes}. */
  static List<Dim> resolved(List<Dim> sizes, List<Long> numbers) {
    int open = numbers.indexOf(-1L);
    List<Dim> result = new ArrayList<>(numbers.stream().map(Dim::of).toList());
    if (open < 0) {
      return result;
    }
    long known = numbers.stream().filter(n -> n != -1).reduce(1L, Math::multiplyExact);
    long fixed = 1;
    Dim rest = ONE;
    for (Dim size : sizes) {
      if (size.fixed().isPresent()) {
        fixed = Math.multiplyExact(fixed, size.fixed().getAsLong());
      } else if (rest.equals(ONE)) {
        rest = size;
      } else {
        throw new SymbolicShapeException("the shape " + sizes + " has several symbols");
      }
    }
    if (!rest.equals(ONE) && fixed != known) {
      throw new SymbolicShapeException("the shape " + sizes + " cannot be divided as asked");
    }
    result.set(open, rest.equals(ONE) ? Dim.of(known == 0 ? 0 : fixed / known) : rest);
    return result;
  }

  /** A view where the memory allows one, else a contiguous copy, as {@code reshape} does. */
  private static TensorSpec reshaped(TensorSpec self, List<Dim> sizes) {
    TensorSpec plain = TensorSpec.contiguous(self.dtype(), sizes);
    if (Geometry.isContiguous(self) || !self.isStatic() || !plain.isStatic()) {
      return Geometry.withStrides(plain, plain.strides(), self.storageOffset());
    }
    return strides(self, plain.fixedSizes())
        .map(s -> Geometry.withStrides(plain, s, self.storageOffset()))
        .orElse(plain);
  }

  /** Strides that show {@code self} in the shape {@code sizes} without a copy, if there are. */
  static Optional<List<Dim>> strides(TensorSpec self, long[] sizes) {
    long[] from = self.fixedSizes();
    if (from.length == 0 || IntStream.range(0, from.length).anyMatch(i -> from[i] == 0)) {
      return Optional.empty();
    }
    List<Dim> result = new ArrayList<>(Collections.nCopies(sizes.length, ONE));
    int at = sizes.length - 1;
    long base = Geometry.number(self.strides().get(from.length - 1));
    long chunk = 1;
    long covered = 1;
    for (int i = from.length - 1; i >= 0; i--) {
      chunk *= from[i];
      boolean ends =
          i == 0 || from[i - 1] != 1 && Geometry.number(self.strides().get(i - 1)) != chunk * base;
      if (ends) {
        while (at >= 0 && (covered < chunk || sizes[at] == 1)) {
          result.set(at, Dim.of(covered * base));
          covered *= sizes[at];
          at--;
        }
        if (covered != chunk) {
          return Optional.empty();
        }
        if (i > 0) {
          base = Geometry.number(self.strides().get(i - 1));
          chunk = 1;
          covered = 1;
        }
      }
    }
    return at == -1 ? Optional.of(result) : Optional.empty();
  }

  private static TensorSpec flatten(TensorSpec self, Arguments a) {
    if (self.rank() == 0) {
      return reshaped(self, List.of(ONE));
    }
    int first = Geometry.axis(a.integer("start_dim").orElseThrow(), self.rank());
    int last = Geometry.axis(a.integer("end_dim").orElseThrow(), self.rank());
    List<Dim> sizes = new ArrayList<>(self.sizes().subList(0, first));
    sizes.add(Geometry.product(self.sizes().subList(first, last + 1)));
    sizes.addAll(self.sizes().subList(last + 1, self.rank()));
    return first == last ? self : reshaped(self, sizes);
  }

  private static TensorSpec unflatten(TensorSpec self, Arguments a) {
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), self.rank());
    List<Long> numbers =
        a.integers("sizes").orElseThrow(() -> new SymbolicShapeException("symbolic sizes"));
    List<Dim> sizes = new ArrayList<>(self.sizes().subList(0, axis));
    sizes.addAll(resolved(self.sizes().subList(axis, axis + 1), numbers));
    sizes.addAll(self.sizes().subList(axis + 1, self.rank()));
    return reshaped(self, sizes);
  }

  private static TensorSpec permute(TensorSpec self, List<Long> order) {
    List<Integer> axes = order.stream().map(d -> Geometry.axis(d, self.rank())).toList();
    return Geometry.view(
        self,
        axes.stream().map(self.sizes()::get).toList(),
        axes.stream().map(self.strides()::get).toList(),
        self.storageOffset());
  }

  private static TensorSpec transpose(TensorSpec self, Arguments a, String first, String second) {
    if (self.rank() == 0) {
      return self;
    }
    List<Long> order =
        new ArrayList<>(IntStream.range(0, self.rank()).mapToObj(i -> (long) i).toList());
    Collections.swap(
        order,
        Geometry.axis(a.integer(first).orElseThrow(), self.rank()),
        Geometry.axis(a.integer(second).orElseThrow(), self.rank()));
    return permute(self, order);
  }

  private static Value expandedAs(Arguments a, Function<String, Value> values) {
    TensorSpec other = OutputRules.spec(a, "other", values);
    List<Long> sizes = other.sizes().stream().map(Geometry::number).toList();
    return OutputRules.tensor(expanded(OutputRules.spec(a, "self", values), sizes));
  }

  private static TensorSpec expand(TensorSpec self, Arguments a) {
    return expanded(
        self, a.integers("size").orElseThrow(() -> new SymbolicShapeException("symbolic sizes")));
  }

  private static TensorSpec expanded(TensorSpec self, List<Long> wanted) {
    int lead = wanted.size() - self.rank();
    List<Dim> sizes = new ArrayList<>();
    List<Dim> strides = new ArrayList<>();
    for (int i = wanted.size() - 1; i >= 0; i--) {
      Dim size = i < lead ? ONE : self.sizes().get(i - lead);
      boolean kept = wanted.get(i) == -1 || Dim.of(wanted.get(i)).equals(size);
      sizes.add(0, kept ? size : Dim.of(wanted.get(i)));
      if (i >= lead) {
        strides.add(0, kept ? self.strides().get(i - lead) : Dim.of(0));
      } else {
        strides.add(0, kept ? ofNewOne(sizes, strides) : Dim.of(0));
      }
    }
    return Geometry.view(self, sizes, strides, self.storageOffset());
  }

  /** The stride PyTorch gives an added dimension of extent 1 in front of {@code strides}. */
  private static Dim ofNewOne(List<Dim> sizes, List<Dim> strides) {
    return strides.isEmpty() ? ONE : times(sizes.get(1), strides.get(0));
  }

  private static Dim times(Dim size, Dim stride) {
    return size.fixed().isPresent() && stride.fixed().isPresent()
        ? Dim.of(size.fixed().getAsLong() * stride.fixed().getAsLong())
        : ONE;
  }

  private static TensorSpec select(TensorSpec self, Arguments a) {
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), self.rank());
    long index = a.integer("index").orElseThrow(() -> new SymbolicShapeException("symbolic index"));
    long from = index < 0 ? index + Geometry.number(self.sizes().get(axis)) : index;
    List<Dim> sizes = new ArrayList<>(self.sizes());
    List<Dim> strides = new ArrayList<>(self.strides());
    sizes.remove(axis);
    strides.remove(axis);
    return Geometry.view(self, sizes, strides, moved(self, axis, from));
  }

  private static TensorSpec slice(TensorSpec self, Arguments a) {
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), self.rank());
    Dim extent = self.sizes().get(axis);
    long step = a.integer("step").orElseThrow();
    boolean all =
        a.integer("start").orElse(0L) == 0
            && a.integer("end").orElse(Long.MAX_VALUE) >= Integer.MAX_VALUE
            && step == 1;
    if (all) {
      return self;
    }
    long size = Geometry.number(extent);
    long start = clip(a.integer("start").orElse(0L), size);
    long end = clip(a.integer("end").orElse(size), size);
    List<Dim> sizes = new ArrayList<>(self.sizes());
    List<Dim> strides = new ArrayList<>(self.strides());
    sizes.set(axis, Dim.of(Math.max(0, (end - start + step - 1) / step)));
    strides.set(axis, times(Dim.of(step), strides.get(axis)));
    return Geometry.view(self, sizes, strides, moved(self, axis, start));
  }

  private static long clip(long index, long size) {
    return Math.max(0, Math.min(size, index < 0 ? index + size : index));
  }

  private static Dim moved(TensorSpec self, int axis, long by) {
    if (by == 0) {
      return self.storageOffset();
    }
    return Dim.of(
        Geometry.number(self.storageOffset()) + by * Geometry.number(self.strides().get(axis)));
  }

  private static TensorSpec unsqueeze(TensorSpec self, Arguments a) {
    int axis = Geometry.axis(a.integer("dim").orElseThrow(), self.rank() + 1);
    List<Dim> sizes = new ArrayList<>(self.sizes());
    List<Dim> strides = new ArrayList<>(self.strides());
    Dim stride = axis < self.rank() ? times(sizes.get(axis), strides.get(axis)) : ONE;
    sizes.add(axis, ONE);
    strides.add(axis, stride);
    return Geometry.view(self, sizes, strides, self.storageOffset());
  }

  private static TensorSpec squeeze(TensorSpec self, Arguments a) {
    Optional<List<Long>> wanted = a.has("dim") ? a.integers("dim") : Optional.empty();
    List<Dim> sizes = new ArrayList<>();
    List<Dim> strides = new ArrayList<>();
    for (int i = 0; i < self.rank(); i++) {
      int axis = i;
      boolean asked =
          wanted.isEmpty()
              || wanted.get().stream().anyMatch(d -> Geometry.axis(d, self.rank()) == axis);
      if (!asked || !self.sizes().get(i).equals(ONE)) {
        sizes.add(self.sizes().get(i));
        strides.add(self.strides().get(i));
      }
    }
    return Geometry.view(self, sizes, strides, self.storageOffset());
  }
}
