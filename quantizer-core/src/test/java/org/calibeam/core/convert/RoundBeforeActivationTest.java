package org.calibeam.core.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.qparams;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Random;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundBeforeActivationTest {
  private static final String QUANTIZE = "quantized_decomposed.quantize_per_tensor.default";
  private static final String DEQUANTIZE = "quantized_decomposed.dequantize_per_tensor.default";

  private static GraphSketch layer(Object[] activation, String target, int zeroPoint) {
    return new GraphSketch()
        .weight("w", 5, 4)
        .input("x", 3, 4)
        .call("y", "aten.linear.default", sizes(3, 5), "x", "w")
        .call("a", target, sizes(3, 5), activation)
        .call("q", QUANTIZE, DType.INT8, sizes(3, 5), qparams("a", 0.0137, zeroPoint))
        .call("d", DEQUANTIZE, sizes(3, 5), qparams("q", 0.0137, zeroPoint));
  }

  private static Object[] activation(String target) {
    return target.contains("hardtanh")
        ? new Object[] {"y", Argument.of(0), Argument.of(1)}
        : new Object[] {"y"};
  }

  @ParameterizedTest
  @CsvSource({
    "aten.relu.default, 3",
    "aten.relu.default, -127",
    "aten.relu_.default, 127",
    "aten.relu6.default, -20",
    "aten.hardtanh.default, 3"
  })
  void apply_zeroIsNotTheLeastInteger_roundsBeforeTheActivationToTheSameResult(
      String target, int zeroPoint) {
    Program before = layer(activation(target), target, zeroPoint).program("d");
    Graph after = RoundBeforeActivation.apply(before.main());

    Node.Call back = after.call(after.call("a").orElseThrow().ref(0).orElseThrow()).orElseThrow();
    Node.Call rounded = after.call(back.ref(0).orElseThrow()).orElseThrow();
    assertThat(back.isTarget(DEQUANTIZE)).isTrue();
    assertThat(rounded.isTarget(QUANTIZE)).isTrue();
    assertThat(rounded.ref(0)).contains("y");
    assertThat(RoundBeforeActivation.apply(after)).isEqualTo(after);
    assertThat(run(before.withMain(after))).isEqualTo(run(before));
  }

  private static List<TensorData> run(Program program) {
    Random random = new Random(7);
    float[] values = new float[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    try (GraphRunner runner = GraphRunner.load(program)) {
      return runner.run(List.of(TensorData.ofFloats(values, 3, 4)));
    }
  }

  @Test
  void apply_zeroIsTheLeastInteger_changesNothing() {
    Graph graph = layer(activation("relu"), "aten.relu.default", -128).returns("d");
    assertThat(RoundBeforeActivation.apply(graph)).isEqualTo(graph);
  }

  @Test
  void apply_noLayerBeforeOrAnotherReader_changesNothing() {
    Graph alone =
        new GraphSketch()
            .input("y", 3, 5)
            .call("a", "aten.relu.default", sizes(3, 5), "y")
            .call("q", QUANTIZE, DType.INT8, sizes(3, 5), qparams("a", 0.0137, 3))
            .returns("q");
    Graph read = layer(activation("relu"), "aten.relu.default", 3).returns("d", "y");

    assertThat(RoundBeforeActivation.apply(alone)).isEqualTo(alone);
    assertThat(RoundBeforeActivation.apply(read)).isEqualTo(read);
  }
}
