package org.calibeam.pipeline.evaluate;

import java.util.Optional;
import java.util.OptionalLong;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.evaluate.Tally.Count;
import org.calibeam.pipeline.evaluate.Tally.Sum;

/**
 * Where the largest elements of two tensors lie along their classes, over one sample. The classes
 * are dimension 0 of a vector, else dimension 1, {@code [N, C, …]}; of equal elements the first is
 * the larger.
 *
 * @param decisions number of positions, those along the classes aside
 * @param agreed at how many both have the largest element in the same place
 * @param agreedTop5 at how many the expected largest is among the other's five largest; empty if
 *     there are no more than five classes
 */
record Decisions(int decisions, int agreed, Optional<Integer> agreedTop5) {
  private static final int TOP = 5;

  /** How the classes of a tensor lie in its elements. */
  private record Layout(int classes, int inner, int positions) {
    private static Optional<Layout> of(TensorData tensor) {
      if (!tensor.dtype().isFloatingPoint() || tensor.rank() == 0 || tensor.elements() == 0) {
        return Optional.empty();
      }
      long[] sizes = tensor.sizes();
      int axis = sizes.length == 1 ? 0 : 1;
      int inner = 1;
      for (int d = axis + 1; d < sizes.length; d++) {
        inner = Math.multiplyExact(inner, Math.toIntExact(sizes[d]));
      }
      int classes = Math.toIntExact(sizes[axis]);
      return classes < 2
          ? Optional.empty()
          : Optional.of(new Layout(classes, inner, tensor.elements() / classes));
    }

    /** Index of the element of class 0 at a position; those of others follow in steps of inner. */
    private int start(int position) {
      return position / inner * inner * classes + position % inner;
    }

    private int largest(float[] values, int start) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (values[start + c * inner] > values[start + best * inner]) {
          best = c;
        }
      }
      return best;
    }

    /** How many classes come before {@code which} from the largest down. */
    private int rank(float[] values, int start, int which) {
      float value = values[start + which * inner];
      int before = 0;
      for (int c = 0; c < classes; c++) {
        float other = values[start + c * inner];
        if (other > value || (other == value && c < which)) {
          before++;
        }
      }
      return before;
    }
  }

  /** Empty if {@code expected} has no two classes to decide between. */
  static Optional<Decisions> of(TensorData expected, TensorData actual) {
    return Layout.of(expected).map(layout -> of(layout, expected.toFloats(), actual.toFloats()));
  }

  private static Decisions of(Layout layout, float[] expected, float[] actual) {
    int agreed = 0;
    int top = 0;
    for (int i = 0; i < layout.positions(); i++) {
      int start = layout.start(i);
      int rank = layout.rank(actual, start, layout.largest(expected, start));
      agreed += rank == 0 ? 1 : 0;
      top += rank < TOP ? 1 : 0;
    }
    return new Decisions(
        layout.positions(), agreed, layout.classes() > TOP ? Optional.of(top) : Optional.empty());
  }

  void addTo(Tally.Adding tally) {
    tally
        .count(Count.DECIDED, 1)
        .count(Count.DECISIONS, decisions)
        .count(Count.AGREED_TOP1, agreed)
        .moments(Sum.SHARE_TOP1, Sum.SHARE_TOP1_SQUARED, (double) agreed / decisions);
    agreedTop5.ifPresent(
        top ->
            tally
                .count(Count.DECISIONS_TOP5, decisions)
                .count(Count.AGREED_TOP5, top)
                .moments(Sum.SHARE_TOP5, Sum.SHARE_TOP5_SQUARED, (double) top / decisions));
  }

  /**
   * How each model does against the label of a sample.
   *
   * @param floatRank how many classes the float model puts before the labelled one
   * @param quantizedRank the same for the quantized model
   * @param classes how many there are
   */
  record Labelled(int floatRank, int quantizedRank, int classes) {

    /**
     * Empty if there is no label, or not one decision that it could be about.
     *
     * @throws SamplesException if there is no such class
     */
    static Optional<Labelled> of(TensorData expected, TensorData actual, OptionalLong label) {
      Optional<Layout> layout = Layout.of(expected).filter(l -> l.positions() == 1);
      if (label.isEmpty() || layout.isEmpty()) {
        return Optional.empty();
      }
      Layout l = layout.get();
      if (label.getAsLong() < 0 || label.getAsLong() >= l.classes()) {
        throw new SamplesException(
            "its label is %d, the model tells classes 0 to %d apart"
                .formatted(label.getAsLong(), l.classes() - 1));
      }
      int which = (int) label.getAsLong();
      return Optional.of(
          new Labelled(
              l.rank(expected.toFloats(), 0, which),
              l.rank(actual.toFloats(), 0, which),
              l.classes()));
    }

    void addTo(Tally.Adding tally) {
      boolean right = floatRank == 0;
      boolean stillRight = quantizedRank == 0;
      tally
          .count(Count.LABELLED, 1)
          .count(Count.FLOAT_RIGHT, right)
          .count(Count.QUANTIZED_RIGHT, stillRight)
          .count(Count.ONLY_FLOAT_RIGHT, right && !stillRight)
          .count(Count.ONLY_QUANTIZED_RIGHT, stillRight && !right);
      if (classes > TOP) {
        tally
            .count(Count.LABELLED_TOP5, 1)
            .count(Count.FLOAT_RIGHT_TOP5, floatRank < TOP)
            .count(Count.QUANTIZED_RIGHT_TOP5, quantizedRank < TOP);
      }
    }
  }
}
