package org.calibeam.core.transform;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.Geometry;
import org.calibeam.core.tensor.Dim;

/**
 * An equation of {@code einsum} and how PyTorch computes it: operands are brought to common
 * dimensions, first those of the output, then those summed, and multiplied pair by pair from the
 * left, by {@code bmm} where a dimension is summed (ATen's {@code Linear.cpp}).
 */
final class EinsteinSum {
  /** Stand for the dimensions behind an ellipsis; no label is a digit. */
  private static final String ELLIPSIS = "0123456789";

  private final List<String> operands;
  private final String labels;
  private final int outputs;

  private EinsteinSum(List<String> operands, String labels, int outputs) {
    this.operands = operands;
    this.labels = labels;
    this.outputs = outputs;
  }

  /**
   * The equation {@code text} over operands of {@code ranks} dimensions; empty if a label occurs
   * twice in an operand.
   */
  static Optional<EinsteinSum> parse(String text, List<Integer> ranks) {
    String equation = text.replace(" ", "").replace("...", ".");
    int arrow = equation.indexOf("->");
    List<String> written =
        Arrays.asList((arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1));
    if (written.size() != ranks.size()) {
      return Optional.empty();
    }
    int hidden =
        IntStream.range(0, ranks.size())
            .filter(i -> written.get(i).contains("."))
            .map(i -> ranks.get(i) - written.get(i).length() + 1)
            .max()
            .orElse(0);
    String ellipsis = ELLIPSIS.substring(0, hidden);
    List<String> operands = new ArrayList<>();
    for (int i = 0; i < ranks.size(); i++) {
      int own = Math.max(0, ranks.get(i) - written.get(i).length() + 1);
      operands.add(written.get(i).replace(".", ellipsis.substring(hidden - Math.min(own, hidden))));
      if (operands.get(i).chars().distinct().count() != ranks.get(i)) {
        return Optional.empty();
      }
    }
    String letters = letters(written);
    String output =
        arrow < 0
            ? ellipsis + unique(written, letters)
            : equation.substring(arrow + 2).replace(".", ellipsis);
    StringBuilder labels = new StringBuilder(output);
    (ellipsis + letters)
        .chars()
        .filter(c -> output.indexOf(c) < 0)
        .forEach(c -> labels.append((char) c));
    return Optional.of(new EinsteinSum(operands, labels.toString(), output.length()));
  }

  /** All labels in the order of the alphabet, capitals first. */
  private static String letters(List<String> operands) {
    StringBuilder letters = new StringBuilder();
    String.join("", operands)
        .chars()
        .filter(c -> c != '.')
        .distinct()
        .sorted()
        .forEach(c -> letters.append((char) c));
    return letters.toString();
  }

  /** Labels that occur once: the output of an equation without one. */
  private static String unique(List<String> operands, String letters) {
    StringBuilder unique = new StringBuilder();
    letters
        .chars()
        .filter(c -> operands.stream().filter(o -> o.indexOf(c) >= 0).count() == 1)
        .forEach(c -> unique.append((char) c));
    return unique.toString();
  }

  /** Writes the sum over {@code tensors}. */
  Argument.Ref write(List<Argument.Ref> tensors, CallEmitter emit) {
    Deque<Argument.Ref> left = new ArrayDeque<>();
    int[] counts = new int[labels.length()];
    for (int i = 0; i < tensors.size(); i++) {
      Argument.Ref aligned = aligned(tensors.get(i), operands.get(i), emit);
      List<Dim> sizes = emit.spec(aligned).sizes();
      IntStream.range(0, counts.length).filter(d -> !isOne(sizes, d)).forEach(d -> counts[d]++);
      left.add(aligned);
    }
    while (left.size() > 1) {
      Argument.Ref a = left.removeFirst();
      Argument.Ref b = left.removeFirst();
      left.addFirst(product(a, b, counts, emit));
    }
    Argument.Ref result = left.removeFirst();
    if (labels.length() == outputs) {
      return result;
    }
    if (tensors.size() > 1) {
      List<Dim> sizes = emit.spec(result).sizes().subList(0, outputs);
      return emit.call("aten.view.default", result, CallEmitter.sizes(sizes));
    }
    List<Long> summed = IntStream.range(outputs, labels.length()).mapToObj(i -> (long) i).toList();
    return emit.call("aten.sum.dim_IntList", result, new Argument.IntList(summed));
  }

  /** {@code tensor} with all labels as dimensions, in their order. */
  private Argument.Ref aligned(Argument.Ref tensor, String own, CallEmitter emit) {
    Argument.Ref result = tensor;
    int rank = own.length();
    List<Integer> order = new ArrayList<>();
    for (char label : labels.toCharArray()) {
      int at = own.indexOf(label);
      if (at < 0) {
        result = emit.call("aten.unsqueeze.default", result, Argument.of(rank));
        at = rank++;
      }
      order.add(at);
    }
    return permuted(result, order, emit);
  }

  private Argument.Ref product(Argument.Ref a, Argument.Ref b, int[] counts, CallEmitter emit) {
    List<Integer> both = new ArrayList<>();
    List<Long> onlyA = new ArrayList<>();
    List<Long> onlyB = new ArrayList<>();
    for (int d = outputs; d < counts.length; d++) {
      boolean inA = !isOne(emit.spec(a).sizes(), d);
      boolean inB = !isOne(emit.spec(b).sizes(), d);
      if (inA && inB) {
        if (--counts[d] == 1) {
          both.add(d);
          counts[d] = 0;
        }
      } else if (counts[d] == 1 && (inA || inB)) {
        (inA ? onlyA : onlyB).add((long) d);
        counts[d] = 0;
      }
    }
    Argument.Ref left = summed(a, onlyA, emit);
    Argument.Ref right = summed(b, onlyB, emit);
    return both.isEmpty()
        ? emit.call("aten.mul.Tensor", left, right)
        : contracted(left, right, both, emit);
  }

  private static Argument.Ref summed(Argument.Ref x, List<Long> dims, CallEmitter emit) {
    return dims.isEmpty()
        ? x
        : emit.call("aten.sum.dim_IntList", x, new Argument.IntList(dims), Argument.of(true));
  }

  /** {@code sum(a * b)} over {@code summed} by one {@code bmm}. */
  private static Argument.Ref contracted(
      Argument.Ref a, Argument.Ref b, List<Integer> summed, CallEmitter emit) {
    List<Dim> aSizes = emit.spec(a).sizes();
    List<Dim> bSizes = emit.spec(b).sizes();
    List<Integer> shared = new ArrayList<>();
    List<Integer> aOnly = new ArrayList<>();
    List<Integer> bOnly = new ArrayList<>();
    for (int d = 0; d < aSizes.size(); d++) {
      if (!summed.contains(d)) {
        boolean inA = !isOne(aSizes, d);
        boolean inB = !isOne(bSizes, d);
        (inA && inB ? shared : inA ? aOnly : bOnly).add(d);
      }
    }
    boolean bFirst =
        !aOnly.isEmpty() && !bOnly.isEmpty() && bOnly.get(bOnly.size() - 1) < aOnly.get(0);
    return bFirst
        ? multiplied(b, a, shared, bOnly, aOnly, summed, emit)
        : multiplied(a, b, shared, aOnly, bOnly, summed, emit);
  }

  private static Argument.Ref multiplied(
      Argument.Ref left,
      Argument.Ref right,
      List<Integer> shared,
      List<Integer> leftOnly,
      List<Integer> rightOnly,
      List<Integer> summed,
      CallEmitter emit) {
    MatrixProduct views = new MatrixProduct(emit);
    List<Dim> leftSizes = emit.spec(left).sizes();
    List<Dim> rightSizes = emit.spec(right).sizes();
    Dim batch = product(leftSizes, shared);
    Dim inner = product(leftSizes, summed);
    Argument.Ref x =
        views.reshape(
            permuted(left, joined(shared, leftOnly, summed, rightOnly), emit),
            List.of(batch, product(leftSizes, leftOnly), inner));
    Argument.Ref y =
        views.reshape(
            permuted(right, joined(shared, summed, rightOnly, leftOnly), emit),
            List.of(batch, inner, product(rightSizes, rightOnly)));
    Argument.Ref result = emit.call("aten.bmm.default", x, y);
    List<Integer> order = joined(shared, leftOnly, summed, rightOnly);
    List<Dim> sizes = new ArrayList<>();
    for (int d : order) {
      sizes.add(
          summed.contains(d) ? Dim.of(1) : (rightOnly.contains(d) ? rightSizes : leftSizes).get(d));
    }
    result = emit.call("aten.view.default", result, CallEmitter.sizes(sizes));
    List<Integer> back = new ArrayList<>(Collections.nCopies(order.size(), 0));
    for (int i = 0; i < order.size(); i++) {
      back.set(order.get(i), i);
    }
    return permuted(result, back, emit);
  }

  @SafeVarargs
  private static List<Integer> joined(List<Integer>... parts) {
    return Arrays.stream(parts).flatMap(List::stream).toList();
  }

  private static Dim product(List<Dim> sizes, List<Integer> dims) {
    return Geometry.product(dims.stream().map(sizes::get).toList());
  }

  private static boolean isOne(List<Dim> sizes, int dim) {
    return sizes.get(dim).equals(Dim.of(1));
  }

  private static Argument.Ref permuted(Argument.Ref x, List<Integer> order, CallEmitter emit) {
    if (new HashSet<>(order).size() != order.size()) {
      throw new IllegalStateException("Not a permutation: " + order);
    }
    List<Long> dims = order.stream().map(i -> (long) i).toList();
    return emit.call("aten.permute.default", x, new Argument.IntList(dims));
  }
}
