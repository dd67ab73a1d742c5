package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/** Outputs of operators that work element by element. */
final class PointwiseRules {

  /** Which element type comes out. */
  private enum Result {
    /** That of the operands together. */
    PROMOTED,
    /** The same, integers becoming float32. */
    FLOAT,
    BOOL,
    /** That of the first operand, which is written. */
    FIRST
  }

  private static final List<String> PROMOTED =
      List.of(
          "abs neg relu relu6 hardtanh clamp clamp_max clamp_min floor ceil round trunc sign elu",
          "selu celu gelu silu mish hardswish hardsigmoid leaky_relu softplus hardshrink threshold",
          "dropout add sub rsub mul minimum maximum pow remainder fmod floor_divide square",
          "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift",
          "__lshift__ __rshift__ __and__ __or__ __xor__ logaddexp");
  private static final List<String> FLOAT =
      List.of(
          "exp exp2 expm1 log log10 log1p log2 sqrt rsqrt reciprocal sigmoid tanh sin cos tan sinh",
          "cosh asin acos atan atan2 asinh acosh atanh erf erfinv logit div");
  private static final List<String> BOOL =
      List.of("eq ne lt le gt ge logical_and logical_not logical_or logical_xor isinf isnan");
  private static final List<String> FIRST =
      List.of(
          "add_ sub_ mul_ div_ relu_ hardtanh_ clamp_ elu_ silu_ sigmoid_ tanh_ hardswish_",
          "hardsigmoid_ leaky_relu_ dropout_ sqrt_ masked_fill_ fill_ fill copy_");

  private PointwiseRules() {}

  static void addTo(Map<String, OutputRules.Rule> rules) {
    add(rules, PROMOTED, Result.PROMOTED);
    add(rules, FLOAT, Result.FLOAT);
    add(rules, BOOL, Result.BOOL);
    add(rules, FIRST, Result.FIRST);
    rules.put("aten.div.Tensor_mode", PointwiseRules::divided);
    rules.put("aten.where.self", PointwiseRules::chosen);
    rules.put("aten.where.ScalarOther", PointwiseRules::chosen);
    rules.put("aten.masked_fill", PointwiseRules::masked);
    rules.put("aten.prelu", PointwiseRules::shaped);
    rules.put("aten.rms_norm", PointwiseRules::normalized);
    for (String name : List.of("clone", "contiguous")) {
      rules.put("aten." + name, PointwiseRules::copied);
    }
    for (String name : List.of("alias", "detach", "detach_", "lift_fresh_copy")) {
      rules.put(
          "aten." + name, (a, values) -> OutputRules.tensor(OutputRules.spec(a, "self", values)));
    }
    for (String name : List.of("aten.to", "aten._to_copy", "dim_order_ops._to_dim_order_copy")) {
      rules.put(name, PointwiseRules::cast);
    }
  }

  private static void add(Map<String, OutputRules.Rule> rules, List<String> names, Result result) {
    for (String line : names) {
      for (String name : line.split(" ")) {
        rules.put("aten." + name, (a, values) -> pointwise(a, values, result));
      }
    }
  }

  private static Value pointwise(Arguments a, Function<String, Value> values, Result result) {
    List<TensorSpec> operands = operands(a, values);
    if (result == Result.FIRST) {
      return OutputRules.tensor(operands.get(0));
    }
    List<Dim> sizes = Geometry.broadcast(operands.stream().map(TensorSpec::sizes).toList());
    DType dtype = result == Result.BOOL ? DType.BOOL : Promotion.of(operands, scalars(a));
    if (result == Result.FLOAT && !dtype.isFloatingPoint()) {
      dtype = DType.FLOAT32;
    }
    return OutputRules.tensor(Geometry.pointwise(dtype, sizes, operands));
  }

  private static Value divided(Arguments a, Function<String, Value> values) {
    return pointwise(a, values, a.isNone("rounding_mode") ? Result.FLOAT : Result.PROMOTED);
  }

  private static Value chosen(Arguments a, Function<String, Value> values) {
    List<TensorSpec> all = operands(a, values);
    List<Argument> scalars = new ArrayList<>(scalars(a));
    DType dtype = Promotion.of(all.subList(1, all.size()), scalars);
    List<Dim> sizes = Geometry.broadcast(all.stream().map(TensorSpec::sizes).toList());
    return OutputRules.tensor(Geometry.pointwise(dtype, sizes, all));
  }

  private static Value masked(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    TensorSpec mask = OutputRules.spec(a, "mask", values);
    List<Dim> sizes = Geometry.broadcast(List.of(self.sizes(), mask.sizes()));
    return OutputRules.tensor(Geometry.pointwise(self.dtype(), sizes, List.of(self)));
  }

  private static Value shaped(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    return OutputRules.tensor(Geometry.pointwise(self.dtype(), self.sizes(), List.of(self)));
  }

  private static Value normalized(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "input", values);
    return OutputRules.tensor(TensorSpec.contiguous(self.dtype(), self.sizes()));
  }

  private static Value copied(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    boolean contiguous = a.get("memory_format") == Argument.MemoryFormat.CONTIGUOUS;
    return OutputRules.tensor(
        contiguous
            ? TensorSpec.contiguous(self.dtype(), self.sizes())
            : Geometry.pointwise(self.dtype(), self.sizes(), List.of(self)));
  }

  private static Value cast(Arguments a, Function<String, Value> values) {
    TensorSpec self = OutputRules.spec(a, "self", values);
    DType dtype =
        a.has("dtype")
            ? a.dtype("dtype").orElse(self.dtype())
            : OutputRules.optionalSpec(a, "other", values).orElse(self).dtype();
    return OutputRules.tensor(
        dtype == self.dtype() ? self : Geometry.pointwise(dtype, self.sizes(), List.of(self)));
  }

  private static List<TensorSpec> operands(Arguments a, Function<String, Value> values) {
    List<TensorSpec> operands = new ArrayList<>();
    for (NamedArgument argument : a.given()) {
      if (argument.value() instanceof Argument.Ref ref) {
        Optional<TensorSpec> spec = values.apply(ref.node()).tensor();
        operands.add(
            spec.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s is no tensor in %s".formatted(ref.node(), a.schema().target()))));
      }
    }
    return operands;
  }

  /** Literal numbers that take part in type promotion: operands, not options such as alpha. */
  private static List<Argument> scalars(Arguments a) {
    return a.given().stream()
        .filter(n -> n.name().equals("other") || n.name().equals("exponent"))
        .filter(n -> Arguments.numberOf(n.value()).isPresent())
        .map(NamedArgument::value)
        .toList();
  }
}
