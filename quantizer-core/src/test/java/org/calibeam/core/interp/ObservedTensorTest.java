package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class ObservedTensorTest {

  /** What one observation showed. */
  private record Seen(
      ObserverId id,
      DType dtype,
      long[] sizes,
      long[] strides,
      float[] values,
      float min,
      float max) {}

  private static final class Recorder implements ForwardListener {
    private final List<Seen> seen = new ArrayList<>();

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      FloatBuffer floats = value.floats();
      float[] values = new float[floats.remaining()];
      floats.get(values);
      assertThat(value.elements()).isEqualTo(values.length);
      seen.add(
          new Seen(
              id, value.dtype(), value.sizes(), value.strides(), values, value.min(), value.max()));
    }
  }

  private static Node.Call observe(String name, String source, String observer, Value value) {
    return new Node.Call(
        name,
        PreparedProgram.OBSERVE,
        List.of(
            NamedArgument.positional("self", Argument.ref(source)),
            NamedArgument.positional("observer", new Argument.StringValue(observer))),
        value,
        Map.of());
  }

  private static Seen observed(GraphSketch graph, String node, TensorData sample) {
    Value value = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 1));
    Program program = graph.add(observe("o", node, "observer", value)).program("o");
    Recorder recorder = new Recorder();
    try (GraphRunner runner = GraphRunner.load(program)) {
      runner.run(List.of(sample), recorder);
    }
    assertThat(recorder.seen).hasSize(1);
    assertThat(recorder.seen.get(0).id()).isEqualTo(new ObserverId(CodePath.MAIN, "observer"));
    return recorder.seen.get(0);
  }

  @Test
  void observe_contiguousTensor_isReadInOrder() {
    TensorData x = TensorData.ofFloats(new float[] {3, -1, 2, 0}, 2, 2);
    Seen seen = observed(new GraphSketch().input("x", 2, 2), "x", x);
    assertThat(seen.values()).containsExactly(3, -1, 2, 0);
    assertThat(seen.sizes()).containsExactly(2, 2);
    assertThat(seen.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(seen.min()).isEqualTo(-1);
    assertThat(seen.max()).isEqualTo(3);
  }

  @Test
  void observe_channelsLastTensor_isReadInMemoryOrder() {
    TensorData x = TensorData.ofFloats(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 1, 2, 2, 2);
    GraphSketch graph =
        new GraphSketch()
            .input("x", 1, 2, 2, 2)
            .add(
                new Node.Call(
                    "y",
                    "aten.clone.default",
                    List.of(
                        NamedArgument.positional("self", Argument.ref("x")),
                        NamedArgument.keyword(
                            "memory_format", Argument.MemoryFormat.CHANNELS_LAST)),
                    new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 1, 2, 2, 2)),
                    Map.of()));
    Seen seen = observed(graph, "y", x);
    assertThat(seen.values()).containsExactly(1, 5, 2, 6, 3, 7, 4, 8);
    assertThat(seen.strides()).containsExactly(8, 1, 4, 2);
    assertThat(seen.min()).isEqualTo(1);
    assertThat(seen.max()).isEqualTo(8);
  }

  @Test
  void observe_sliceWithGaps_showsOnlyItsElements() {
    TensorData x = TensorData.ofFloats(new float[] {1, 100, 3, -100}, 2, 2);
    GraphSketch graph =
        new GraphSketch()
            .input("x", 2, 2)
            .call("y", "aten.select.int", sizes(2), "x", Argument.of(1), Argument.of(0));
    Seen seen = observed(graph, "y", x);
    assertThat(seen.values()).containsExactly(1, 3);
    assertThat(seen.min()).isEqualTo(1);
    assertThat(seen.max()).isEqualTo(3);
  }

  @Test
  void observe_expandedTensor_showsEveryElementOfItsShape() {
    TensorData x = TensorData.ofFloats(new float[] {1, 2}, 2);
    GraphSketch graph =
        new GraphSketch()
            .input("x", 2)
            .call("y", "aten.expand.default", sizes(2, 2), "x", Argument.ints(2, 2));
    assertThat(observed(graph, "y", x).values()).containsExactly(1, 2, 1, 2);
  }

  @Test
  void observe_doubleTensor_isConverted() {
    TensorData x = TensorData.ofFloats(new float[] {0.1f, -2}, 2);
    GraphSketch graph =
        new GraphSketch()
            .input("x", 2)
            .call(
                "y",
                "aten.to.dtype",
                DType.FLOAT64,
                sizes(2),
                "x",
                new Argument.ScalarTypeValue(DType.FLOAT64));
    Seen seen = observed(graph, "y", x);
    assertThat(seen.dtype()).isEqualTo(DType.FLOAT64);
    assertThat(seen.values()).containsExactly(0.1f, -2);
    assertThat(seen.min()).isEqualTo(-2);
  }

  @Test
  void observe_oneNaN_isMinAndMax() {
    TensorData x = TensorData.ofFloats(new float[] {1, Float.NaN, 3, 4}, 4);
    Seen seen = observed(new GraphSketch().input("x", 4), "x", x);
    assertThat(seen.min()).isNaN();
    assertThat(seen.max()).isNaN();
  }

  @Test
  void observe_emptyTensor_hasAnEmptyRange() {
    Seen seen =
        observed(new GraphSketch().input("x", 0), "x", TensorData.ofFloats(new float[0], 0));
    assertThat(seen.values()).isEmpty();
    assertThat(seen.min()).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(seen.max()).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void observe_constantInputAndResultNobodyReads_areShown() {
    Value value = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
    Program program =
        new GraphSketch()
            .weight("w", 2)
            .input("x", 2)
            .call("y", "aten.neg.default", sizes(2), "x")
            .add(observe("a", "w", "w", value))
            .add(observe("b", "x", "x", value))
            .add(observe("c", "y", "y", value))
            .add(observe("d", "x", "x", value))
            .program("a");
    Recorder recorder = new Recorder();
    try (GraphRunner runner = GraphRunner.load(program)) {
      runner.run(List.of(TensorData.ofFloats(new float[] {1, 2}, 2)), recorder);
    }
    assertThat(recorder.seen.stream().map(s -> s.id().name() + Arrays.toString(s.values())))
        .containsExactly("w[1.0, 1.0]", "x[1.0, 2.0]", "y[-1.0, -2.0]", "x[1.0, 2.0]");
  }

  @Test
  void constant_sameValuesInEverySample_haveOneNumber() {
    Value value = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
    Program program =
        new GraphSketch()
            .weight("w", 2)
            .weight("v", 2)
            .weight("changed", 2)
            .input("x", 2)
            .call("y", "aten.add.Tensor", sizes(2), "w", "x")
            .add(observe("a", "w", "w", value))
            .add(observe("b", "v", "v", value))
            .add(observe("c", "changed", "changed", value))
            .add(observe("d", "x", "x", value))
            .add(observe("e", "y", "y", value))
            .call("z", "aten.add_.Tensor", sizes(2), "changed", "x")
            .program("z");
    List<List<Long>> numbers = new ArrayList<>();
    try (GraphRunner runner = GraphRunner.load(program)) {
      for (int i = 0; i < 3; i++) {
        List<Long> seen = new ArrayList<>();
        numbers.add(seen);
        runner.run(
            List.of(TensorData.ofFloats(new float[] {i, 2}, 2)),
            new ForwardListener() {
              @Override
              public void observe(ObserverId id, ObservedTensor tensor) {
                seen.add(tensor.constant());
              }
            });
      }
    }
    assertThat(numbers.get(0)).hasSize(5);
    assertThat(numbers.get(0).get(0)).isNotZero().isNotEqualTo(numbers.get(0).get(1));
    assertThat(numbers.get(0).get(1)).isNotZero();
    assertThat(numbers.get(0).subList(2, 5)).containsExactly(0L, 0L, 0L);
    assertThat(numbers.get(1)).isEqualTo(numbers.get(0));
    assertThat(numbers.get(2)).isEqualTo(numbers.get(0));
  }

  @Test
  void observe_observersThatNeedNoSamples_areNotShown() {
    Value value = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
    TensorData ones = TensorData.ofFloats(new float[] {1, 1}, 2);
    QuantizationConfig config = QuantizationConfig.symmetric();
    QuantizationSpec.Observed spec =
        (QuantizationSpec.Observed) config.inputActivation().orElseThrow();
    Program program =
        new GraphSketch()
            .weight("w", 2)
            .input("x", 2)
            .add(observe("a", "x", "x", value))
            .add(observe("b", "w", "w", value))
            .call("y", "aten.mul.Tensor", sizes(2), "a", "b")
            .program("y");
    PreparedProgram prepared =
        new PreparedProgram(
            program,
            Map.of(
                new ObserverId(CodePath.MAIN, "x"), new PreparedObserver.Activation(spec),
                new ObserverId(CodePath.MAIN, "w"), new PreparedObserver.Weight(spec, ones)));
    Recorder recorder = new Recorder();
    try (GraphRunner runner = GraphRunner.load(prepared)) {
      TensorData sample = TensorData.ofFloats(new float[] {1, 2}, 2);
      assertThat(runner.run(List.of(sample), recorder)).containsExactly(sample);
    }
    assertThat(recorder.seen.stream().map(s -> s.id().name())).containsExactly("x");
  }

  @Test
  void replace_listenerChangesTensor_onlyReadersOfThePointSeeIt() {
    Value value = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
    Program program =
        new GraphSketch()
            .weight("w", 2)
            .input("x", 2)
            .call("y", "aten.neg.default", sizes(2), "x")
            .add(observe("a", "y", "doubled", value))
            .add(observe("b", "w", "doubled", value))
            .add(observe("c", "x", "kept", value))
            .call("z", "aten.mul.Tensor", sizes(2), "a", "b")
            .program("z", "y", "w", "c");
    ForwardListener doubling =
        new ForwardListener() {
          @Override
          public Optional<TensorData> replace(ObserverId id, ObservedTensor tensor) {
            float[] values = tensor.toData().toFloats();
            for (int i = 0; i < values.length; i++) {
              values[i] *= 2;
            }
            return id.name().equals("kept")
                ? Optional.empty()
                : Optional.of(TensorData.ofFloats(values, tensor.sizes()));
          }
        };
    try (CompiledProgram compiled =
            CompiledProgram.replacing(new PreparedProgram(program, Map.of()));
        GraphRunner runner = compiled.newRunner()) {
      for (int i = 0; i < 2; i++) {
        assertThat(
                runner.run(List.of(TensorData.ofFloats(new float[] {1, -2}, 2)), doubling).stream()
                    .map(TensorData::toFloats))
            .containsExactly(
                new float[] {-4, 8}, new float[] {-1, 2}, new float[] {1, 1}, new float[] {1, -2});
      }
    }
  }

  @Test
  void observedTensor_usedAfterItsCall_isRefused() {
    Value value = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
    Program program =
        new GraphSketch().input("x", 2).add(observe("o", "x", "x", value)).program("o");
    List<ObservedTensor> kept = new ArrayList<>();
    try (GraphRunner runner = GraphRunner.load(program)) {
      runner.run(
          List.of(TensorData.ofFloats(new float[2], 2)),
          new ForwardListener() {
            @Override
            public void observe(ObserverId id, ObservedTensor tensor) {
              kept.add(tensor);
            }
          });
      assertThatThrownBy(() -> kept.get(0).floats())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("An observed tensor is used after its call");
    }
  }
}
