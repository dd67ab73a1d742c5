package org.calibeam.core.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;

class EqualizeChannelsTest {
  private static final long[] IMAGE = {1, 4, 6, 6};

  /** Weights whose output channels differ by powers of {@code ratio}. */
  private static Constant uneven(double ratio, long... sizes) {
    Random random = new Random(1);
    int elements = 1;
    for (long size : sizes) {
      elements = Math.toIntExact(elements * size);
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      int channel = Math.toIntExact(i / (elements / sizes[0]));
      values[i] = (float) (random.nextGaussian() * Math.pow(ratio, channel));
    }
    return Constant.parameter(TensorData.ofFloats(values, sizes));
  }

  private static GraphSketch first() {
    return new GraphSketch()
        .constant("w1", uneven(8, 4, 2, 1, 1))
        .constant("b1", uneven(8, 4))
        .constant("w2", uneven(1, 4, 4, 3, 3))
        .constant("dw", uneven(1, 4, 1, 3, 3))
        .constant("head", uneven(1, 5, 36))
        .input("x", 1, 2, 6, 6)
        .call("conv1", "aten.conv2d.default", IMAGE, "x", "w1", "b1");
  }

  private static EqualizeChannels.Outcome apply(GraphSketch sketch, String result) {
    return EqualizeChannels.apply(of(sketch, result), name -> true);
  }

  private static GraphAndConstants of(GraphSketch sketch, String result) {
    return new GraphAndConstants(sketch.returns(result), sketch.constants());
  }

  private static List<TensorData> run(GraphAndConstants graph) {
    float[] image = new float[72];
    Random random = new Random(2);
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) random.nextGaussian();
    }
    Program program =
        new Program(graph.graph(), graph.constants(), List.of(OutputKind.USER_OUTPUT), Map.of());
    try (GraphRunner runner = GraphRunner.load(program)) {
      return runner.run(List.of(TensorData.ofFloats(image, 1, 2, 6, 6)));
    }
  }

  private static void assertEqualized(GraphSketch sketch, String result, String second) {
    EqualizeChannels.Outcome outcome = apply(sketch, result);
    assertThat(outcome.pairs()).hasSize(1);
    EqualizedPair pair = outcome.pairs().get(0);
    assertThat(pair.first()).isEqualTo("conv1");
    assertThat(pair.second()).isEqualTo(second);
    assertThat(pair.channels()).isGreaterThan(1);
    assertThat(pair.greatest()).isGreaterThan(pair.least());
    assertThat(run(outcome.result())).isEqualTo(run(of(sketch, result)));
  }

  private static void assertLeft(GraphSketch sketch, String result) {
    EqualizeChannels.Outcome outcome = apply(sketch, result);
    assertThat(outcome.pairs()).isEmpty();
    assertThat(outcome.result().constants()).isEqualTo(sketch.constants());
  }

  @Test
  void apply_convolutionReluConvolution_computesTheSameBits() {
    GraphSketch sketch =
        first()
            .call("relu", "aten.relu.default", IMAGE, "conv1")
            .call("conv2", "aten.conv2d.default", new long[] {1, 4, 4, 4}, "relu", "w2");
    assertEqualized(sketch, "conv2", "conv2");
  }

  @Test
  void apply_depthwiseConvolution_computesTheSameBits() {
    GraphSketch sketch =
        first()
            .call(
                "conv2",
                "aten.conv2d.default",
                new long[] {1, 4, 4, 4},
                "conv1",
                "dw",
                Argument.NONE,
                Argument.ints(1, 1),
                Argument.ints(0, 0),
                Argument.ints(1, 1),
                Argument.of(4));
    assertEqualized(sketch, "conv2", "conv2");
  }

  @Test
  void apply_poolingAndFlattening_computesTheSameBits() {
    GraphSketch sketch =
        first()
            .call("relu", "aten.relu.default", IMAGE, "conv1")
            .call(
                "pool",
                "aten.max_pool2d.default",
                new long[] {1, 4, 3, 3},
                "relu",
                Argument.ints(2, 2))
            .call("flat", "aten.flatten.using_ints", new long[] {1, 36}, "pool", Argument.of(1))
            .call("linear", "aten.linear.default", new long[] {1, 5}, "flat", "head");
    assertEqualized(sketch, "linear", "linear");
  }

  @Test
  void apply_fixedBoundBetween_isLeft() {
    assertLeft(
        first()
            .call("relu6", "aten.relu6.default", IMAGE, "conv1")
            .call("conv2", "aten.conv2d.default", new long[] {1, 4, 4, 4}, "relu6", "w2"),
        "conv2");
  }

  @Test
  void apply_channelsReadTwice_isLeft() {
    assertLeft(
        first()
            .call("relu", "aten.relu.default", IMAGE, "conv1")
            .call("conv2", "aten.conv2d.default", new long[] {1, 4, 4, 4}, "relu", "w2")
            .call("mean", "aten.mean.default", new long[] {}, "relu")
            .call("sum", "aten.add.Tensor", new long[] {1, 4, 4, 4}, "conv2", "mean"),
        "sum");
  }

  @Test
  void apply_layerInFloatingPoint_isLeft() {
    GraphSketch sketch =
        first().call("conv2", "aten.conv2d.default", new long[] {1, 4, 4, 4}, "conv1", "w2");
    EqualizeChannels.Outcome outcome =
        EqualizeChannels.apply(of(sketch, "conv2"), name -> name.equals("conv1"));
    assertThat(outcome.pairs()).isEmpty();
  }

  @Test
  void apply_weightReadTwice_isLeft() {
    GraphSketch sketch =
        first()
            .call("conv2", "aten.conv2d.default", new long[] {1, 4, 4, 4}, "conv1", "w2")
            .call("again", "aten.conv2d.default", new long[] {1, 4, 2, 2}, "conv2", "w2");
    assertThat(apply(sketch, "again").pairs()).isEmpty();
  }
}
