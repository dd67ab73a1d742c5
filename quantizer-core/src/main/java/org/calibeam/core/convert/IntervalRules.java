package org.calibeam.core.convert;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Interval arithmetic of operators: from where the inputs lie to where the output must lie. An
 * operator without a rule has no interval.
 */
final class IntervalRules {

  /** What the rules may ask about a node. */
  interface Known {
    Optional<Interval> interval(String name);

    Optional<TensorData> constant(String name);

    Optional<TensorSpec> spec(String name);
  }

  private static final Set<String> MOVES =
      Set.of(
          "alias",
          "amax",
          "amin",
          "avg_pool2d",
          "adaptive_avg_pool2d",
          "clone",
          "contiguous",
          "detach",
          "dropout",
          "expand",
          "flatten",
          "max_pool2d",
          "mean",
          "permute",
          "repeat",
          "reshape",
          "select",
          "slice",
          "squeeze",
          "t",
          "transpose",
          "unsqueeze",
          "upsample_nearest2d",
          "upsample_bilinear2d",
          "view",
          "_unsafe_view",
          "view_copy",
          "slice_copy",
          "select_copy",
          "unsqueeze_copy",
          "expand_copy",
          "permute_copy",
          "squeeze_copy");

  private static final Set<String> WEIGHTED = Set.of("linear", "conv1d", "conv2d", "conv3d");

  /** Least values of activation functions that dip below zero, rounded down. */
  private static final double GELU_MIN = -0.171;

  private static final double SILU_MIN = -0.279;
  private static final double HARDSWISH_MIN = -0.375;

  private IntervalRules() {}

  static Optional<Interval> of(Node.Call call, Known known) {
    String[] parts = call.target().split("\\.");
    if (parts.length < 2 || !parts[0].equals("aten")) {
      return Optional.empty();
    }
    String op = parts[1].endsWith("_") ? parts[1].substring(0, parts[1].length() - 1) : parts[1];
    Optional<Interval> x = operand(call, 0, known);
    if (MOVES.contains(op)) {
      return x;
    }
    if (WEIGHTED.contains(op)) {
      return x.flatMap(v -> weighted(call, v, known));
    }
    return switch (op) {
      case "cat", "stack" -> all(call, known);
      case "relu" -> x.map(v -> v.clamp(0, Double.MAX_VALUE));
      case "hardtanh" -> x.map(v -> v.clamp(number(call, 1, -1), number(call, 2, 1)));
      case "clamp" ->
          x.map(
              v -> v.clamp(number(call, 1, -Double.MAX_VALUE), number(call, 2, Double.MAX_VALUE)));
      case "sigmoid" -> x.map(v -> v.map(t -> 1 / (1 + Math.exp(-t))));
      case "hardsigmoid" -> x.map(v -> v.map(t -> Math.max(0, Math.min(1, t / 6 + 0.5))));
      case "tanh" -> x.map(v -> v.map(Math::tanh));
      case "softmax", "_softmax" -> Optional.of(new Interval(0, 1));
      case "sin", "cos" -> Optional.of(new Interval(-1, 1));
      case "gelu" -> x.map(v -> dipping(v, GELU_MIN));
      case "silu" -> x.map(v -> dipping(v, SILU_MIN));
      case "hardswish" -> x.map(v -> dipping(v, HARDSWISH_MIN));
      case "abs" -> x.map(v -> magnitude(v));
      case "neg" -> x.map(v -> v.times(-1));
      case "exp" -> x.flatMap(v -> finite(Math.exp(v.min()), Math.exp(v.max())));
      case "reciprocal" ->
          x.filter(Interval::isPositive).flatMap(v -> finite(1 / v.max(), 1 / v.min()));
      case "rsqrt" ->
          x.filter(Interval::isPositive)
              .flatMap(v -> finite(1 / Math.sqrt(v.max()), 1 / Math.sqrt(v.min())));
      case "add" -> both(call, known, Interval::plus);
      case "sub" -> both(call, known, Interval::minus);
      case "mul" -> both(call, known, Interval::times);
      case "maximum" -> both(call, known, (a, b) -> upper(a, b));
      case "minimum" -> both(call, known, (a, b) -> upper(a.times(-1), b.times(-1)).times(-1));
      case "where" -> operand(call, 1, known).flatMap(a -> operand(call, 2, known).map(a::union));
      case "sum" -> x.flatMap(v -> sum(call, v, known));
      case "pow" -> x.filter(v -> number(call, 1, 0) == 2).map(v -> square(v));
      default -> Optional.empty();
    };
  }

  private interface Combine {
    Interval apply(Interval a, Interval b);
  }

  private static Optional<Interval> both(Node.Call call, Known known, Combine combine) {
    boolean scaled = call.argument("alpha").isPresent();
    return operand(call, 0, known)
        .flatMap(a -> operand(call, 1, known).map(b -> combine.apply(a, b)))
        .filter(r -> !scaled);
  }

  private static Interval upper(Interval a, Interval b) {
    return new Interval(Math.max(a.min(), b.min()), Math.max(a.max(), b.max()));
  }

  private static Interval magnitude(Interval v) {
    double high = Math.max(Math.abs(v.min()), Math.abs(v.max()));
    boolean straddles = v.min() <= 0 && v.max() >= 0;
    return new Interval(straddles ? 0 : Math.min(Math.abs(v.min()), Math.abs(v.max())), high);
  }

  private static Interval square(Interval v) {
    return magnitude(v).map(t -> t * t);
  }

  private static Interval dipping(Interval v, double least) {
    return new Interval(v.min() >= 0 ? 0 : Math.max(v.min(), least), Math.max(0, v.max()));
  }

  private static Optional<Interval> finite(double min, double max) {
    return Double.isInfinite(max) || Double.isNaN(min)
        ? Optional.empty()
        : Optional.of(new Interval(min, max));
  }

  private static Optional<Interval> operand(Node.Call call, int index, Known known) {
    Optional<Argument> argument = call.argument(index);
    if (argument.isEmpty()) {
      return Optional.empty();
    }
    if (argument.get() instanceof Argument.Ref ref) {
      return known.interval(ref.node());
    }
    if (argument.get() instanceof Argument.FloatValue f && Double.isFinite(f.value())) {
      return Optional.of(new Interval(f.value(), f.value()));
    }
    if (argument.get() instanceof Argument.IntValue i) {
      return Optional.of(new Interval(i.value(), i.value()));
    }
    return Optional.empty();
  }

  private static Optional<Interval> all(Node.Call call, Known known) {
    Optional<Interval> union = Optional.empty();
    List<String> names = call.references().toList();
    for (String name : names) {
      Optional<Interval> next = known.interval(name);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      union = Optional.of(union.map(next.get()::union).orElse(next.get()));
    }
    return union;
  }

  private static double number(Node.Call call, int index, double fallback) {
    Argument argument = call.argument(index).orElse(Argument.NONE);
    if (argument instanceof Argument.FloatValue f) {
      return f.value();
    }
    return argument instanceof Argument.IntValue i ? i.value() : fallback;
  }

  private static Optional<Interval> sum(Node.Call call, Interval v, Known known) {
    Optional<TensorSpec> in = call.ref(0).flatMap(known::spec).filter(TensorSpec::isStatic);
    Optional<TensorSpec> out = call.spec().filter(TensorSpec::isStatic);
    if (in.isEmpty() || out.isEmpty() || out.get().elements() == 0) {
      return Optional.empty();
    }
    return Optional.of(v.times((double) in.get().elements() / out.get().elements()));
  }

  /** Each output is a sum of products with one row of the weight; padding adds zeros. */
  private static Optional<Interval> weighted(Node.Call call, Interval x, Known known) {
    Optional<TensorData> weight = call.ref(1).flatMap(known::constant);
    if (weight.isEmpty() || weight.get().elements() == 0) {
      return Optional.empty();
    }
    Interval in = call.target().contains("linear") ? x : x.union(new Interval(0, 0));
    float[] w = weight.get().toFloats();
    Optional<TensorData> biasData = call.ref(2).flatMap(known::constant);
    if (call.ref(2).isPresent() && biasData.isEmpty()) {
      return Optional.empty();
    }
    float[] bias = biasData.map(TensorData::toFloats).orElse(new float[0]);
    int rows = Math.toIntExact(weight.get().sizes()[0]);
    int width = w.length / rows;
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (int row = 0; row < rows; row++) {
      double low = bias.length > 0 ? bias[row] : 0;
      double high = low;
      for (int i = row * width; i < (row + 1) * width; i++) {
        low += w[i] * (w[i] > 0 ? in.min() : in.max());
        high += w[i] * (w[i] > 0 ? in.max() : in.min());
      }
      min = Math.min(min, low);
      max = Math.max(max, high);
    }
    return Double.isFinite(min) && Double.isFinite(max)
        ? Optional.of(new Interval(min, max))
        : Optional.empty();
  }
}
