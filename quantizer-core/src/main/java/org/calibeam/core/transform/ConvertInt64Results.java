package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * {@code to(x, int64)} → {@code to(x, int32)}, or x itself if that is int32; {@code argmax(x) + 1}
 * → {@code argmax(x)} cast to int32, plus 1.
 *
 * <p>The result of {@code argmax} and {@code argmin} is cast only for readers whose values provably
 * fit: views, additions, subtractions and products of known ranges, and what uses it as an index.
 * Other readers see int64 as before.
 */
final class ConvertInt64Results implements Rewrite {
  private static final Set<String> CASTS = Set.of("aten.to.dtype", "aten.to.dtype_layout");
  private static final Set<String> SEARCHES = Set.of("aten.argmax.default", "aten.argmin.default");
  private static final Set<String> VIEWS =
      Set.of("aten.unsqueeze.default", "aten.expand.default", "aten.view.default");
  private static final Set<String> ARITHMETIC =
      Set.of("aten.add.Tensor", "aten.sub.Tensor", "aten.mul.Tensor");

  /** Values from {@code low} to {@code high}, both included. */
  private record Range(long low, long high) {
    boolean fits() {
      return low >= Integer.MIN_VALUE && high <= Integer.MAX_VALUE;
    }

    Range times(Range other) {
      long[] products = {low * other.low, low * other.high, high * other.low, high * other.high};
      return new Range(
          Arrays.stream(products).min().getAsLong(), Arrays.stream(products).max().getAsLong());
    }
  }

  @Override
  public Outcome apply(Rewriting rewriting) {
    boolean changed = false;
    for (Node.Call seen : rewriting.calls()) {
      boolean candidate = CASTS.contains(seen.target()) || SEARCHES.contains(seen.target());
      if (candidate
          && rewriting.userCount(seen.name()) > 0
          && Rewriting.firstSpec(seen).dtype() == DType.INT64) {
        Node.Call call = (Node.Call) rewriting.editor().node(seen.name());
        changed |=
            CASTS.contains(call.target())
                ? narrowCast(call, rewriting)
                : narrowReaders(call, rewriting);
      }
    }
    if (changed) {
      rewriting.removeDead();
    }
    return changed ? Outcome.RETRACED : Outcome.KEPT;
  }

  private static boolean narrowCast(Node.Call call, Rewriting rewriting) {
    Argument.Ref source = Arguments.of(call).tensor("self").orElseThrow();
    if (rewriting.spec(source).dtype() == DType.INT32) {
      rewriting.editor().replaceUses(call.name(), source.node());
      return true;
    }
    List<NamedArgument> arguments = new ArrayList<>();
    for (NamedArgument argument : call.arguments()) {
      arguments.add(
          argument.name().equals("dtype")
              ? argument.withValue(new Argument.ScalarTypeValue(DType.INT32))
              : argument);
    }
    TensorSpec spec = Rewriting.firstSpec(call);
    rewriting
        .editor()
        .replace(
            call.withArguments(arguments).withValue(new Value.Tensor(spec.withDType(DType.INT32))));
    return true;
  }

  private static boolean narrowReaders(Node.Call search, Rewriting rewriting) {
    Arguments arguments = Arguments.of(search);
    TensorSpec input = rewriting.spec(arguments.tensor("self").orElseThrow());
    Optional<Long> dim = arguments.integer("dim");
    if (!input.isStatic()) {
      rewriting.note(search, "an index into a symbolic shape stays int64");
      return false;
    }
    long size =
        dim.map(d -> Geometry.number(input.sizes().get(Geometry.axis(d, input.rank()))))
            .orElse(input.elements());
    if (size > Integer.MAX_VALUE) {
      rewriting.note(search, "an index among %d elements does not fit int32".formatted(size));
      return false;
    }
    Map<String, Range> ranges = new LinkedHashMap<>();
    ranges.put(search.name(), new Range(0, size - 1));
    Set<String> safe = new LinkedHashSet<>();
    for (Node.Call call : rewriting.calls()) {
      Node.Call current = (Node.Call) rewriting.editor().node(call.name());
      Optional<Range> range = range(current, ranges, rewriting);
      range.ifPresent(r -> ranges.put(current.name(), r));
      if (range.isPresent() || endsSafely(current, ranges, rewriting)) {
        safe.add(current.name());
      }
    }
    if (safe.isEmpty()) {
      return false;
    }
    insertCasts(search, ranges.keySet(), safe, rewriting);
    return true;
  }

  /** The values of a call that stays int64, if they follow from {@code ranges} and fit. */
  private static Optional<Range> range(
      Node.Call call, Map<String, Range> ranges, Rewriting rewriting) {
    if (!isInt64(call)) {
      return Optional.empty();
    }
    if (VIEWS.contains(call.target())) {
      return call.ref(0).map(ranges::get);
    }
    if (!ARITHMETIC.contains(call.target())) {
      return Optional.empty();
    }
    Arguments arguments = Arguments.of(call);
    Optional<Range> a = operand(arguments.get("self"), ranges, rewriting);
    Optional<Range> b = operand(arguments.get("other"), ranges, rewriting);
    if (a.isEmpty() || b.isEmpty() || !a.get().fits() || !b.get().fits()) {
      return Optional.empty();
    }
    Range other = b.get();
    if (call.isTarget("aten.mul.Tensor")) {
      return Optional.of(a.get().times(other)).filter(Range::fits);
    }
    long alpha = arguments.integer("alpha").orElse(1L);
    Range scaled = other.times(new Range(alpha, alpha));
    Range result =
        call.isTarget("aten.add.Tensor")
            ? new Range(a.get().low() + scaled.low(), a.get().high() + scaled.high())
            : new Range(a.get().low() - scaled.high(), a.get().high() - scaled.low());
    return Optional.of(result).filter(Range::fits);
  }

  private static Optional<Range> operand(
      Argument argument, Map<String, Range> ranges, Rewriting rewriting) {
    if (argument instanceof Argument.IntValue value) {
      return Optional.of(new Range(value.value(), value.value()));
    }
    if (argument instanceof Argument.Ref ref && ranges.containsKey(ref.node())) {
      return Optional.ofNullable(ranges.get(ref.node()));
    }
    return rewriting
        .data(argument)
        .filter(d -> d.dtype().isInteger() && d.elements() == 1)
        .map(d -> new Range(d.toLongs()[0], d.toLongs()[0]));
  }

  private static boolean isInt64(Node node) {
    return node.spec().map(s -> s.dtype() == DType.INT64).orElse(false);
  }

  /** Whether a call reads int64 of known ranges only and computes another type. */
  private static boolean endsSafely(
      Node.Call call, Map<String, Range> ranges, Rewriting rewriting) {
    boolean known =
        CASTS.contains(call.target())
            || ARITHMETIC.contains(call.target())
            || call.isTarget("aten.index.Tensor");
    List<String> wide = call.references().filter(n -> isInt64(rewriting.editor().node(n))).toList();
    return known
        && call.spec().isPresent()
        && !isInt64(call)
        && !wide.isEmpty()
        && ranges.keySet().containsAll(wide);
  }

  private static void insertCasts(
      Node.Call search, Set<String> ranged, Set<String> safe, Rewriting rewriting) {
    GraphEditor editor = rewriting.editor();
    Node.Call narrow = InsertInt32Casts.cast(search, DType.INT32, editor);
    editor.insertAfter(search.name(), narrow);
    narrowConstants(ranged, safe, rewriting);
    for (String name : ranged) {
      if (name.equals(search.name())) {
        editor.replaceUses(name, narrow.name(), n -> safe.contains(n.name()));
      } else {
        widen(name, safe, editor);
      }
    }
  }

  /** Gives readers outside {@code safe} the int64 they had. */
  private static void widen(String name, Set<String> safe, GraphEditor editor) {
    boolean read = editor.users(name).stream().anyMatch(u -> !safe.contains(u));
    if (!read && !editor.isOutput(name)) {
      return;
    }
    Node.Call wide = InsertInt32Casts.cast(editor.node(name), DType.INT64, editor);
    editor.insertAfter(name, wide);
    editor.replaceUses(
        name, wide.name(), n -> !safe.contains(n.name()) && !n.name().equals(wide.name()));
    editor.setOutputs(
        editor.outputs().stream()
            .map(o -> o.renamed(n -> n.equals(name) ? wide.name() : n))
            .toList());
  }

  private static void narrowConstants(Set<String> ranged, Set<String> safe, Rewriting rewriting) {
    GraphEditor editor = rewriting.editor();
    for (String name : safe) {
      Node.Call call = (Node.Call) editor.node(name);
      if (!ARITHMETIC.contains(call.target())) {
        continue;
      }
      for (String operand : call.references().toList()) {
        Node node = editor.node(operand);
        if (!ranged.contains(operand) && node instanceof Node.GetAttr && isInt64(node)) {
          Node.Call narrow = InsertInt32Casts.cast(node, DType.INT32, editor);
          editor.insertAfter(operand, narrow);
          editor.replaceUses(operand, narrow.name(), n -> n.name().equals(name));
        }
      }
    }
  }
}
