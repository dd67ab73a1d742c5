package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Program;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;

class FoldedConstantsTest {
  private static final TensorData X = TensorData.ofFloats(new float[] {1, 2, 3}, 3);

  /** w = (q - 1) * 0.5 = -1, 0.5, 2. */
  private static GraphSketch dequantizedWeight() {
    return new GraphSketch()
        .constant("q", Constant.buffer(TensorData.ofLongs(DType.INT8, new long[] {-1, 2, 5}, 3)))
        .input("x", 3)
        .call(
            "w",
            "quantized_decomposed.dequantize_per_tensor.default",
            sizes(3),
            "q",
            Argument.of(0.5),
            Argument.of(1),
            Argument.of(-128),
            Argument.of(127),
            new Argument.ScalarTypeValue(DType.INT8));
  }

  @Test
  void run_dequantizedConstantReadAndReturned_isTheSameForEveryRunner() {
    Program program =
        dequantizedWeight()
            .call("y", "aten.mul.Tensor", sizes(3), "x", "w")
            .call("z", "aten.add.Tensor", sizes(3), "y", "w")
            .program("z", "w", "q");
    try (CompiledProgram compiled = CompiledProgram.of(program);
        GraphRunner first = compiled.newRunner();
        GraphRunner second = compiled.newRunner()) {
      for (GraphRunner runner : List.of(first, second, first)) {
        List<TensorData> results = runner.run(List.of(X));
        assertThat(results.get(0).toFloats()).containsExactly(-2, 1.5f, 8);
        assertThat(results.get(1).toFloats()).containsExactly(-1, 0.5f, 2);
        assertThat(results.get(2).toLongs()).containsExactly(-1, 2, 5);
      }
    }
  }

  @Test
  void run_dequantizedConstantChangedInPlace_isComputedForEverySample() {
    Program program =
        dequantizedWeight()
            .call("v", "aten.view.default", sizes(3), "w", Argument.ints(3))
            .call("y", "aten.add_.Tensor", sizes(3), "v", "x")
            .program("y", "w");
    try (GraphRunner runner = GraphRunner.load(program)) {
      for (int i = 0; i < 3; i++) {
        List<TensorData> results = runner.run(List.of(X));
        assertThat(results.get(0).toFloats()).containsExactly(0, 2.5f, 5);
        assertThat(results.get(1)).isEqualTo(results.get(0));
      }
    }
  }

  @Test
  void fold_constantsAlone_leavesNoCallOfThem() {
    Program program = dequantizedWeight().program("w");
    try (CompiledProgram compiled = CompiledProgram.of(program)) {
      assertThat(compiled.changed()).isEmpty();
      try (GraphRunner runner = compiled.newRunner()) {
        assertThat(runner.run(List.of(X)).get(0).toFloats()).containsExactly(-1, 0.5f, 2);
        assertThat(runner.steps()).isZero();
      }
    }
  }
}
