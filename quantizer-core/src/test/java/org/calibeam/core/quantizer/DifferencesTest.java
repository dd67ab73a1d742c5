package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationConfig.Symmetric;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of DIFFERENCES.md: where the reference fails or is wrong, and what is done instead. */
class DifferencesTest {
  /** Well above what a wrong scale or a wrapped bias leaves over; int8 usually reaches 30 dB. */
  private static final double GOOD = 20;

  private static final QuantizationConfig INT8 = QuantizationConfig.symmetric();
  private static final QuantizationConfig DYNAMIC =
      QuantizationConfig.symmetric(Symmetric.DEFAULT.withDynamic(true));

  @Test
  void dynamicActivationsWithBias_biasStaysFloat() {
    Program program = linear(1);
    ConvertedProgram converted = quantize(program, DYNAMIC, samples(4, 2, 8));
    Node.Call linear = call(converted, "aten.linear.default");
    assertThat(converted.program().main().node(linear.ref(2).orElseThrow()))
        .isInstanceOf(Node.GetAttr.class);
    assertThat(converted.program().main().calls())
        .anyMatch(c -> c.isTarget("quantized_decomposed.choose_qparams.tensor"));
    assertThat(sqnr(program, converted, samples(4, 2, 8))).isGreaterThan(GOOD);
  }

  @ParameterizedTest
  @ValueSource(floats = {1e6f, 1e9f})
  void biasBeyondInt32_scaleRaisedAndSaid(float bias) {
    Program program = linear(bias);
    List<List<TensorData>> samples = samples(4, 2, 8);
    ConvertedProgram converted = quantize(program, INT8, small(samples));
    assertThat(converted.notes().values()).anyMatch(n -> n.contains("bias fits into int32"));
    Node.Call linear = call(converted, "aten.linear.default");
    Node.Call dequantized =
        (Node.Call) converted.program().main().node(linear.ref(2).orElseThrow());
    Node.GetAttr integers =
        (Node.GetAttr) converted.program().main().node(dequantized.ref(0).orElseThrow());
    for (long value : converted.program().constant(integers).tensor().toLongs()) {
      assertThat(value).isBetween(1L, 1L << 30);
    }
    assertThat(sqnr(program, converted, small(samples))).isGreaterThan(GOOD);
  }

  @Test
  void convolutionReadBesideItsNorm_notFoldedAndRight() {
    GraphSketch sketch = normed(convolution());
    sketch.call("sum", "aten.add.Tensor", sizes(1, 3, 4, 4), "bn", "conv");
    assertRight(sketch.program("sum"), samples(8, 1, 2, 4, 4));
  }

  @Test
  void transposedConvolutionInGroupsWithBias_oneWeightScale() {
    Program program = transposed(2, 6);
    ConvertedProgram converted = quantize(program, INT8, samples(8, 1, 4, 3, 3));
    Node.Call transposed = call(converted, "aten.conv_transpose2d.input");
    for (int operand = 1; operand <= 2; operand++) {
      assertThat(
              ((Node.Call) converted.program().main().node(transposed.ref(operand).orElseThrow()))
                  .target())
          .isEqualTo("quantized_decomposed.dequantize_per_tensor.default");
    }
    assertThat(sqnr(program, converted, samples(8, 1, 4, 3, 3))).isGreaterThan(GOOD);
  }

  @Test
  void transposedConvolutionOfSingleChannels_scalesPerChannel() {
    Program program = transposed(4, 4);
    ConvertedProgram converted = quantize(program, INT8, samples(8, 1, 4, 3, 3));
    Node.Call transposed = call(converted, "aten.conv_transpose2d.input");
    assertThat(
            ((Node.Call) converted.program().main().node(transposed.ref(1).orElseThrow())).target())
        .isEqualTo("quantized_decomposed.dequantize_per_channel.default");
    assertThat(sqnr(program, converted, samples(8, 1, 4, 3, 3))).isGreaterThan(GOOD);
  }

  @Test
  void fourBitWeightsOfTransposedConvolution_scalesOfOutputChannels() {
    Program program = transposed(1, 6);
    ConvertedProgram converted =
        quantize(
            program, QuantizationConfig.symmetricA8W4(Symmetric.DEFAULT), samples(8, 1, 4, 3, 3));
    List<QParams> weights =
        converted.qparams().values().stream()
            .filter(q -> q.qscheme().isPerChannel() && q.dtype() == DType.INT8)
            .toList();
    assertThat(weights).singleElement().satisfies(q -> assertThat(q.scales()).hasSize(6));
    assertThat(sqnr(program, converted, samples(8, 1, 4, 3, 3))).isGreaterThan(15);
  }

  @Test
  void comparisonOfIntegerWithFloat_quantizesAndDecidesAlike() {
    GraphSketch sketch =
        new GraphSketch()
            .input("i", DType.INT32, 2, 3)
            .input("x", 2, 3)
            .call("y", "aten.mul.Tensor", sizes(2, 3), "x", Argument.of(2.0))
            .call("greater", "aten.gt.Tensor", DType.BOOL, sizes(2, 3), "i", "y")
            .call("chosen", "aten.where.self", sizes(2, 3), "greater", "x", "y");
    List<List<TensorData>> samples = new ArrayList<>();
    for (List<TensorData> sample : samples(8, 2, 3)) {
      samples.add(
          List.of(
              TensorData.ofLongs(DType.INT32, new long[] {-3, 3, -3, 3, -3, 3}, 2, 3),
              sample.get(0)));
    }
    Program program = sketch.program("chosen");
    assertThat(sqnr(program, quantize(program, INT8, samples), samples)).isGreaterThan(GOOD);
  }

  @Test
  void batchNormInBranch_foldedThere() throws Exception {
    Program program = Pt2Reader.read(Fixtures.file("early_exit_digits_norm/model.pt2"));
    List<List<TensorData>> samples =
        Npz.samples(Fixtures.file("early_exit_digits_norm/calibration.npz"));
    ConvertedProgram converted = quantize(program, INT8, samples);
    assertThat(converted.program().graphs().values())
        .allSatisfy(g -> assertThat(g.calls()).noneMatch(c -> c.target().contains("batch_norm")));
  }

  @ParameterizedTest
  @ValueSource(floats = {3e38f, -3e38f, 1e-40f, 0f, Float.POSITIVE_INFINITY})
  void extremeConstant_scalesArePositiveNumbers(float constant) {
    float[] values = {constant, 1, -1, constant};
    GraphSketch sketch =
        new GraphSketch()
            .constant("c", Constant.buffer(TensorData.ofFloats(values, 4)))
            .input("x", 2, 4)
            .call("least", "aten.minimum.default", sizes(2, 4), "x", "c")
            .call("sum", "aten.add.Tensor", sizes(2, 4), "least", "x");
    ConvertedProgram converted = quantize(sketch.program("sum"), INT8, samples(4, 2, 4));
    assertScales(converted);
    try (GraphRunner runner = GraphRunner.load(converted.program())) {
      for (List<TensorData> sample : samples(4, 2, 4)) {
        for (float value : runner.run(sample).get(0).toFloats()) {
          assertThat(value).isFinite();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {3e38f, 1e20f, 1e-40f, 0f})
  void extremeActivations_scalesArePositiveNumbers(float factor) {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 4)
            .call("negative", "aten.neg.default", sizes(2, 4), "x")
            .call("relu", "aten.relu.default", sizes(2, 4), "negative");
    List<List<TensorData>> samples = new ArrayList<>();
    for (List<TensorData> sample : samples(4, 2, 4)) {
      float[] values = sample.get(0).toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.max(-1, Math.min(1, values[i])) * factor;
      }
      samples.add(List.of(TensorData.ofFloats(values, 2, 4)));
    }
    assertScales(quantize(sketch.program("relu"), INT8, samples));
  }

  @Test
  void a16w8_weightRangeAskedFor_isUsed() {
    QuantizationConfig config =
        QuantizationConfig.symmetricA16W8(
            Symmetric.DEFAULT.withWeightRange(-7, 7).withEps(QuantizationConfig.EPS_INT16));
    assertThat(config.weight())
        .get()
        .extracting(QuantizationSpec.Observed::quantMin, QuantizationSpec.Observed::quantMax)
        .containsExactly(-7, 7);
  }

  private static void assertScales(ConvertedProgram converted) {
    assertThat(converted.qparams().values())
        .isNotEmpty()
        .allSatisfy(
            q -> {
              for (float scale : q.scales()) {
                assertThat(scale).isFinite().isPositive();
              }
            });
  }

  private static void assertRight(Program program, List<List<TensorData>> samples) {
    assertThat(sqnr(program, quantize(program, INT8, samples), samples)).isGreaterThan(GOOD);
  }

  private static ConvertedProgram quantize(
      Program program, QuantizationConfig config, List<List<TensorData>> samples) {
    return new VgfQuantizer(VgfCompileSpec.DEFAULT)
        .setGlobal(config)
        .quantizeWithSubmodules(program, samples);
  }

  private static Node.Call call(ConvertedProgram converted, String target) {
    return converted.program().main().calls().stream()
        .filter(c -> c.isTarget(target))
        .findFirst()
        .orElseThrow();
  }

  private static Program linear(float bias) {
    float[] biases = new float[4];
    Arrays.fill(biases, bias);
    return new GraphSketch()
        .constant("w", random(3, 4, 8))
        .constant("b", Constant.parameter(TensorData.ofFloats(biases, 4)))
        .input("x", 2, 8)
        .call("linear", "aten.linear.default", sizes(2, 4), "x", "w", "b")
        .program("linear");
  }

  private static GraphSketch convolution() {
    return new GraphSketch()
        .constant("w", random(4, 3, 2, 1, 1))
        .constant("gamma", random(5, 3))
        .constant("beta", random(6, 3))
        .constant("mean", random(7, 3))
        .constant("var", Constant.buffer(TensorData.ofFloats(new float[] {2, 1, 0.5f}, 3)))
        .input("x", 1, 2, 4, 4)
        .call("conv", "aten.conv2d.default", sizes(1, 3, 4, 4), "x", "w");
  }

  private static GraphSketch normed(GraphSketch sketch) {
    return sketch.call(
        "bn",
        "aten.batch_norm.default",
        sizes(1, 3, 4, 4),
        "conv",
        "gamma",
        "beta",
        "mean",
        "var",
        Argument.of(false),
        Argument.of(0.1),
        Argument.of(1e-5),
        Argument.of(false));
  }

  private static Program transposed(int groups, int channels) {
    return new GraphSketch()
        .constant("w", random(8, 4, channels / groups, 2, 2))
        .constant("b", random(9, channels))
        .input("x", 1, 4, 3, 3)
        .call(
            "up",
            "aten.conv_transpose2d.input",
            sizes(1, channels, 6, 6),
            "x",
            "w",
            "b",
            Argument.ints(2, 2),
            Argument.ints(0, 0),
            Argument.ints(0, 0),
            Argument.of(groups))
        .program("up");
  }

  private static Constant random(int seed, long... sizes) {
    return Constant.parameter(normal(new Random(seed), sizes));
  }

  private static TensorData normal(Random random, long... sizes) {
    float[] values = new float[Math.toIntExact(Arrays.stream(sizes).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return TensorData.ofFloats(values, sizes);
  }

  private static List<List<TensorData>> samples(int count, long... sizes) {
    Random random = new Random(1);
    List<List<TensorData>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(List.of(normal(random, sizes)));
    }
    return samples;
  }

  private static List<List<TensorData>> small(List<List<TensorData>> samples) {
    List<List<TensorData>> small = new ArrayList<>();
    for (List<TensorData> sample : samples) {
      float[] values = sample.get(0).toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] *= 1e-3f;
      }
      small.add(List.of(TensorData.ofFloats(values, sample.get(0).sizes())));
    }
    return small;
  }

  private static double sqnr(
      Program program, ConvertedProgram converted, List<List<TensorData>> samples) {
    double signal = 0;
    double noise = 0;
    try (GraphRunner floating = GraphRunner.load(program);
        GraphRunner integer = GraphRunner.load(converted.program())) {
      for (List<TensorData> sample : samples) {
        float[] expected = floating.run(sample).get(0).toFloats();
        float[] actual = integer.run(sample).get(0).toFloats();
        for (int i = 0; i < expected.length; i++) {
          signal += (double) expected[i] * expected[i];
          noise += Math.pow((double) expected[i] - actual[i], 2);
        }
      }
    }
    return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }
}
