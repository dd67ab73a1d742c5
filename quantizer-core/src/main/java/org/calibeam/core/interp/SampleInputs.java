package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/** Checks a sample against what a program takes, and gives it to the main graph. */
final class SampleInputs {
  private record Input(String name, Value value, Place place) {}

  private final List<Input> inputs = new ArrayList<>();

  /**
   * @param places of all placeholders of {@code main}
   */
  SampleInputs(Graph main, List<Place> places) {
    List<Node.Placeholder> placeholders = main.placeholders();
    for (int i = 0; i < placeholders.size(); i++) {
      Node.Placeholder placeholder = placeholders.get(i);
      if (placeholder.value() instanceof Value.Tensor
          || placeholder.value() instanceof Value.Symbol) {
        inputs.add(new Input(placeholder.name(), placeholder.value(), places.get(i)));
      }
    }
  }

  /**
   * Copies {@code sample} to native memory.
   *
   * @throws SamplesException if the number, type or shape of its tensors is wrong
   */
  void give(List<TensorData> sample) {
    check(sample);
    for (int i = 0; i < sample.size(); i++) {
      Input input = inputs.get(i);
      Slot slot = input.place().slot();
      if (input.value() instanceof Value.Symbol) {
        input.place().put(number(sample.get(i)));
      } else if (slot != null) {
        try (Tensor tensor = NativeTensors.copyOf(sample.get(i));
            IValue value = new IValue(tensor)) {
          slot.move(value);
        }
      }
    }
  }

  private static Object number(TensorData scalar) {
    if (scalar.dtype().isFloatingPoint()) {
      return (double) scalar.toFloats()[0];
    }
    long value = scalar.toLongs()[0];
    return scalar.dtype() == DType.BOOL ? (Object) (value != 0) : (Object) value;
  }

  private void check(List<TensorData> sample) {
    if (sample.size() != inputs.size()) {
      throw new SamplesException(
          "The sample has %d tensors, the model takes %d: %s. Give each sample one tensor per input."
              .formatted(sample.size(), inputs.size(), describe()));
    }
    Map<String, Long> symbols = new HashMap<>();
    for (int i = 0; i < sample.size(); i++) {
      Input input = inputs.get(i);
      TensorData data = sample.get(i);
      if (input.value() instanceof Value.Tensor tensor
          ? !fits(tensor.spec(), data, symbols)
          : data.elements() != 1) {
        throw new SamplesException(
            "Input %d of the sample (%s) is %s, the model takes %s. Convert the sample."
                .formatted(i, input.name(), data, describe(input.value())));
      }
    }
  }

  private static boolean fits(TensorSpec spec, TensorData data, Map<String, Long> symbols) {
    long[] sizes = data.sizes();
    if (data.dtype() != spec.dtype() || sizes.length != spec.rank()) {
      return false;
    }
    for (int d = 0; d < sizes.length; d++) {
      Dim dim = spec.sizes().get(d);
      long expected =
          dim instanceof Dim.Symbolic symbolic
              ? symbols.computeIfAbsent(symbolic.expression(), size(sizes[d]))
              : dim.fixed().orElseThrow();
      if (sizes[d] != expected) {
        return false;
      }
    }
    return true;
  }

  private static java.util.function.Function<String, Long> size(long size) {
    return symbol -> size;
  }

  private List<String> describe() {
    return inputs.stream().map(i -> i.name() + " " + describe(i.value())).toList();
  }

  private static String describe(Value value) {
    return value.tensor().map(TensorSpec::toString).orElse("one number");
  }
}
