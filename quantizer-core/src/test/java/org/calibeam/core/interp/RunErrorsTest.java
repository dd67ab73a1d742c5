package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.Layout;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class RunErrorsTest {
  private static final TensorData X = TensorData.ofFloats(new float[] {1, 2, 3}, 3);

  private static Program gather() {
    return new GraphSketch()
        .input("x", 3)
        .input("i", DType.INT64, 1)
        .call("y", "aten.relu.default", sizes(3), "x")
        .call("z", "aten.gather.default", sizes(1), "y", Argument.of(0), "i")
        .program("z");
  }

  private static TensorData index(long value) {
    return TensorData.ofLongs(DType.INT64, new long[] {value}, 1);
  }

  @Test
  void load_unknownOperator_namesNodeOperatorAndWayOut() {
    Program program =
        new GraphSketch()
            .input("x", 3)
            .call("y", "mylib.frobnicate.default", sizes(3), "x")
            .program("y");
    assertThatThrownBy(() -> GraphRunner.load(program))
        .isInstanceOf(ModelException.class)
        .hasMessageMatching(
            "Cannot run y \\(mylib\\.frobnicate\\.default in main\\): libtorch [0-9.]+ does not"
                + " know this operator\\. Export the model without it.*");
  }

  @Test
  void load_argumentOfWrongKind_saysWhich() {
    Program program =
        new GraphSketch()
            .input("x", 3)
            .call("y", "aten.sum.dim_IntList", sizes(), "x", new Argument.StringValue("0"))
            .program("y");
    assertThatThrownBy(() -> GraphRunner.load(program))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Cannot run y (aten.sum.dim_IntList in main): its argument dim");
  }

  @Test
  void load_missingArgument_saysWhich() {
    Program program =
        new GraphSketch()
            .input("x", 3)
            .call("y", "aten.gather.default", sizes(3), "x")
            .program("y");
    assertThatThrownBy(() -> GraphRunner.load(program))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("its argument dim is missing");
  }

  @Test
  void run_wrongNumberOfTensors_saysWhatTheModelTakes() {
    try (GraphRunner runner = GraphRunner.load(gather())) {
      assertThatThrownBy(() -> runner.run(List.of(X)))
          .isInstanceOf(SamplesException.class)
          .hasMessage(
              "The sample has 1 tensors, the model takes 2: [x float32[3], i int64[1]]."
                  + " Give each sample one tensor per input.");
    }
  }

  @Test
  void run_wrongShape_namesInputExpectedAndGot() {
    try (GraphRunner runner = GraphRunner.load(gather())) {
      assertThatThrownBy(
              () -> runner.run(List.of(TensorData.ofFloats(new float[4], 2, 2), index(0))))
          .isInstanceOf(SamplesException.class)
          .hasMessage(
              "Input 0 of the sample (x) is float32[2, 2], the model takes float32[3]."
                  + " Convert the sample.");
    }
  }

  @Test
  void run_wrongType_namesInputExpectedAndGot() {
    try (GraphRunner runner = GraphRunner.load(gather())) {
      assertThatThrownBy(
              () -> runner.run(List.of(X, TensorData.ofLongs(DType.INT32, new long[1], 1))))
          .isInstanceOf(SamplesException.class)
          .hasMessageContaining("Input 1 of the sample (i) is int32[1], the model takes int64[1].");
    }
  }

  @Test
  void run_unequalSizesOfOneSymbol_isRejected() {
    Dim symbol = new Dim.Symbolic("Symbol('s0', positive=True, integer=True)", Optional.of(2L));
    TensorSpec spec =
        new TensorSpec(
            DType.FLOAT32,
            List.of(symbol),
            List.of(Dim.of(1)),
            Dim.of(0),
            Device.CPU,
            false,
            Layout.STRIDED);
    Program program =
        new GraphSketch()
            .add(new Node.Placeholder("a", new Value.Tensor(spec), Map.of()))
            .add(new Node.Placeholder("b", new Value.Tensor(spec), Map.of()))
            .call("y", "aten.add.Tensor", sizes(2), "a", "b")
            .program("y");
    try (GraphRunner runner = GraphRunner.load(program)) {
      assertThat(runner.run(List.of(X, X)).get(0).toFloats()).containsExactly(2, 4, 6);
      assertThatThrownBy(() -> runner.run(List.of(X, TensorData.ofFloats(new float[1], 1))))
          .isInstanceOf(SamplesException.class)
          .hasMessageContaining("Input 1 of the sample (b)");
    }
  }

  @Test
  void run_operatorFails_namesItInOneLineAndTheNextSampleRuns() {
    try (GraphRunner runner = GraphRunner.load(gather())) {
      assertThatThrownBy(() -> runner.run(List.of(X, index(7))))
          .isInstanceOf(SamplesException.class)
          .hasMessageStartingWith(
              "The sample makes z (aten.gather.default in main) fail: index 7 is out of bounds")
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").doesNotContain("frame #"))
          .hasCauseInstanceOf(RuntimeException.class);
      assertThat(runner.run(List.of(X, index(1))).get(0).toFloats()).containsExactly(2);
    }
  }

  @Test
  void run_listenerThrows_reachesTheCallerAndTheNextSampleRuns() {
    Program program =
        new GraphSketch()
            .input("x", 3)
            .call("y", "aten.relu.default", sizes(3), "x")
            .add(
                PreparedProgram.observe(
                    "o",
                    new Node.Placeholder(
                        "y", new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 3)), Map.of()),
                    "y"))
            .program("o");
    RuntimeException thrown = new SamplesException("NaN");
    try (GraphRunner runner = GraphRunner.load(program)) {
      assertThatThrownBy(
              () ->
                  runner.run(
                      List.of(X),
                      new ForwardListener() {
                        @Override
                        public void observe(ObserverId id, ObservedTensor value) {
                          throw thrown;
                        }
                      }))
          .isSameAs(thrown);
      assertThat(runner.run(List.of(X)).get(0)).isEqualTo(X);
    }
  }

  @Test
  void run_afterClose_isRefused() {
    GraphRunner runner = GraphRunner.load(gather());
    runner.close();
    runner.close();
    assertThatThrownBy(() -> runner.run(List.of(X, index(0))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The runner is closed");
  }
}
