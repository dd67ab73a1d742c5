package org.calibeam.pipeline.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.tensor.TensorData;

/**
 * What two models gave for one sample.
 *
 * @param differences one per output
 * @param decisions one per output
 * @param labelled how the first output does against the sample's label
 */
record OutputComparison(
    List<Difference> differences,
    List<Optional<Decisions>> decisions,
    Optional<Decisions.Labelled> labelled,
    boolean flipped) {

  /**
   * @throws ModelException if the outputs are not of the same number, kinds and shapes
   */
  static OutputComparison of(
      List<TensorData> expected, List<TensorData> actual, OptionalLong label, boolean flipped) {
    requireAlike(expected, actual);
    List<Difference> differences = new ArrayList<>();
    List<Optional<Decisions>> decisions = new ArrayList<>();
    for (int i = 0; i < expected.size(); i++) {
      differences.add(Difference.of(expected.get(i), actual.get(i)));
      decisions.add(Decisions.of(expected.get(i), actual.get(i)));
    }
    return new OutputComparison(
        differences,
        decisions,
        expected.isEmpty()
            ? Optional.empty()
            : Decisions.Labelled.of(expected.get(0), actual.get(0), label),
        flipped);
  }

  private static void requireAlike(List<TensorData> expected, List<TensorData> actual) {
    if (expected.size() != actual.size()) {
      throw new ModelException(
          "Cannot compare the models: one gives %d outputs, the other %d. Give a quantized model and the float model that it was made of."
              .formatted(expected.size(), actual.size()));
    }
    for (int i = 0; i < expected.size(); i++) {
      TensorData e = expected.get(i);
      TensorData a = actual.get(i);
      if (!Arrays.equals(e.sizes(), a.sizes())
          || e.dtype().isFloatingPoint() != a.dtype().isFloatingPoint()) {
        throw new ModelException(
            "Cannot compare the models: output %d of one is %s, of the other %s. Give a quantized model and the float model that it was made of."
                .formatted(i, e.spec(), a.spec()));
      }
    }
  }

  /** Adds output {@code output}, or all of them. */
  void addTo(Tally.Adding tally, int output) {
    if (output == Group.ALL) {
      differences.stream().reduce(Difference.NONE, Difference::plus).addTo(tally, flipped);
    } else {
      differences.get(output).addTo(tally, flipped);
    }
    int deciding = output == Group.ALL ? 0 : output;
    if (deciding < decisions.size()) {
      decisions.get(deciding).ifPresent(d -> d.addTo(tally));
    }
    if (deciding == 0) {
      labelled.ifPresent(l -> l.addTo(tally));
    }
  }
}
