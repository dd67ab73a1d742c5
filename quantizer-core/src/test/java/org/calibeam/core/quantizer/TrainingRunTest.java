package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationConfig.Symmetric;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingRunTest {
  /** Forwards differ in their low bits between releases of libtorch; averages hardly follow. */
  private static final double SCALE_TOLERANCE = 1e-4;

  private static final Symmetric QAT = Symmetric.DEFAULT.withQat(true);

  @ParameterizedTest
  @CsvSource({"residual,true", "residual_per_tensor,false", "depthwise,true", "linear,true"})
  void convert_modelOfReference_sameScalesAndZeroPoints(String name, boolean perChannel)
      throws IOException {
    Path folder = Fixtures.file("../training/" + name);
    VgfQuantizer quantizer =
        quantizer(QuantizationConfig.symmetric(QAT.withPerChannel(perChannel)));
    ConvertedProgram converted =
        quantizer.quantizeWithSubmodules(
            Pt2Reader.read(folder.resolve("model.pt2")),
            Npz.samples(folder.resolve("calibration.npz")));
    JsonNode expected = new ObjectMapper().readTree(folder.resolve("qparams.json").toFile());
    List<Row> rows = rows(converted.program());
    assertThat(rows).hasSize(expected.size());
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = expected.get(i);
      assertThat(rows.get(i).operator()).isEqualTo(row.get(0).asText());
      assertThat(rows.get(i).scale() / row.get(1).asDouble()).isCloseTo(1, within(SCALE_TOLERANCE));
      assertThat(rows.get(i).zeroPoint()).isEqualTo(row.get(2).asLong());
    }
  }

  @Test
  void convert_otherOrderOfSamples_otherScales() throws IOException {
    Path folder = Fixtures.file("../training/linear");
    Program program = Pt2Reader.read(folder.resolve("model.pt2"));
    List<List<TensorData>> samples =
        new ArrayList<>(Npz.samples(folder.resolve("calibration.npz")));
    VgfQuantizer quantizer = quantizer(QuantizationConfig.symmetric(QAT));
    List<Row> forward = rows(quantizer.quantizeWithSubmodules(program, samples).program());
    Collections.reverse(samples);
    List<Row> backward = rows(quantizer.quantizeWithSubmodules(program, samples).program());
    assertThat(backward).isNotEqualTo(forward);
  }

  @Test
  void convert_epsAndMomentumOfModel_areUsed() {
    ConvertedProgram plain = trained(1e-5, 0.1);
    assertThat(trained(1e-5, 0.1).program()).isEqualTo(plain.program());
    assertThat(trained(1e-5, 0.5).program().constants()).isNotEqualTo(plain.program().constants());
    assertThat(scaleOfOutput(trained(10.0, 0.1))).isLessThan(scaleOfOutput(plain));
  }

  @Test
  void convert_convolutionWithoutBias_getsIntegerBias() {
    ConvertedProgram converted =
        quantizer(QuantizationConfig.symmetric(QAT))
            .quantizeWithSubmodules(model(1e-5, 0.1, 1f), samples(6));
    List<Node.Call> calls = converted.program().main().calls();
    assertThat(calls).noneMatch(c -> c.target().contains("batch_norm"));
    Node.Call convolution =
        calls.stream().filter(c -> c.isTarget("aten.conv2d.default")).findFirst().orElseThrow();
    Node bias = converted.program().main().node(convolution.ref(2).orElseThrow());
    assertThat(bias)
        .isInstanceOfSatisfying(
            Node.Call.class,
            c -> assertThat(c.target()).startsWith("quantized_decomposed.dequantize_per_channel"));
  }

  @Test
  void convert_trainedModel_computesWhatTrainingLeft() {
    Program model = model(1e-5, 0.1, 1f);
    ConvertedProgram converted =
        quantizer(QuantizationConfig.symmetric(QAT)).quantizeWithSubmodules(model, samples(200));
    // After many samples of one distribution the averages are those of the distribution, and batch
    // norm makes of it what it would in evaluation: mean beta, deviation gamma.
    double sum = 0;
    double squares = 0;
    long count = 0;
    try (GraphRunner runner = GraphRunner.load(converted.program())) {
      for (List<TensorData> sample : samples(50)) {
        for (float value : runner.run(sample).get(0).toFloats()) {
          sum += value;
          squares += (double) value * value;
          count++;
        }
      }
    }
    assertThat(sum / count).isCloseTo(0, within(0.1));
    assertThat(squares / count).isCloseTo(1, within(0.1));
  }

  @Test
  void convert_channelWithoutGain_staysFinite() {
    ConvertedProgram converted =
        quantizer(QuantizationConfig.symmetric(QAT))
            .quantizeWithSubmodules(model(1e-5, 0.1, 0f), samples(4));
    assertThat(rows(converted.program())).allMatch(r -> Double.isFinite(r.scale()));
  }

  @Test
  void convert_convolutionReadTwice_normIsArithmetic() {
    GraphSketch sketch = layer(1e-5, 0.1, 1f);
    sketch.call("sum", "aten.add.Tensor", GraphSketch.sizes(2, 3, 4, 4), "bn", "conv");
    ConvertedProgram converted =
        quantizer(QuantizationConfig.symmetric(QAT))
            .quantizeWithSubmodules(sketch.program("sum"), samples(4));
    assertThat(converted.program().main().calls())
        .noneMatch(c -> c.target().contains("batch_norm"))
        .anyMatch(c -> c.isTarget("aten.rsqrt.default"));
  }

  @Test
  void prepare_fakeQuantizersWithoutQat_runInOrderAfterFolding() {
    VgfQuantizer quantizer =
        new VgfQuantizer(VgfCompileSpec.DEFAULT).setGlobal(QuantizationConfig.symmetric(QAT));
    assertThat(quantizer.prepare(model(1e-5, 0.1, 1f)).isSequential()).isTrue();
    assertThat(quantizer.prepare(model(1e-5, 0.1, 1f)).program().main().calls())
        .noneMatch(c -> c.target().contains("batch_norm"));
    assertThat(rows(quantizer.quantizeWithSubmodules(model(1e-5, 0.1, 1f), samples(4)).program()))
        .isNotEmpty();
  }

  @Test
  void prepare_qatOfOrdinaryConfiguration_trainsNormsAndCalibratesTheRest() {
    VgfQuantizer quantizer = quantizer(QuantizationConfig.symmetric());
    assertThat(quantizer.prepare(model(1e-5, 0.1, 1f)).isSequential()).isTrue();
    assertThat(
            quantizer
                .quantizeWithSubmodules(model(1e-5, 0.1, 1f), samples(4))
                .program()
                .main()
                .calls())
        .noneMatch(c -> c.target().contains("batch_norm"));
  }

  @Test
  void prepare_configurationsOfOtherKind_notSequential() {
    assertThat(
            new VgfQuantizer(VgfCompileSpec.DEFAULT)
                .setGlobal(QuantizationConfig.symmetric())
                .prepare(model(1e-5, 0.1, 1f))
                .isSequential())
        .isFalse();
  }

  @Test
  void convert_oneValuePerChannel_refusedWithTheNorm() {
    GraphSketch sketch = new GraphSketch();
    Program program =
        statistics(sketch.weight("w", 3, 2, 1, 1), 1f)
            .input("x", 1, 2, 1, 1)
            .call("conv", "aten.conv2d.default", GraphSketch.sizes(1, 3, 1, 1), "x", "w")
            .call("bn", "aten.batch_norm.default", GraphSketch.sizes(1, 3, 1, 1), norm(1e-5, 0.1))
            .program("bn");
    List<List<TensorData>> samples =
        List.of(List.of(TensorData.ofFloats(new float[] {1, 2}, 1, 2, 1, 1)));
    assertThatThrownBy(
            () ->
                quantizer(QuantizationConfig.symmetric(QAT))
                    .quantizeWithSubmodules(program, samples))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("batch norm bn");
  }

  @Test
  void run_noSamples_refused() {
    assertThatThrownBy(
            () ->
                quantizer(QuantizationConfig.symmetric(QAT))
                    .quantizeWithSubmodules(model(1e-5, 0.1, 1f), List.of()))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("no samples");
  }

  private static ConvertedProgram trained(double eps, double momentum) {
    return quantizer(QuantizationConfig.symmetric(QAT))
        .quantizeWithSubmodules(model(eps, momentum, 1f), samples(3));
  }

  private static float scaleOfOutput(ConvertedProgram converted) {
    return converted.qparams().get(new ObserverId(CodePath.MAIN, "bn")).scale();
  }

  private static VgfQuantizer quantizer(QuantizationConfig config) {
    return new VgfQuantizer(VgfCompileSpec.DEFAULT).setGlobal(config).setQat(true);
  }

  private static Program model(double eps, double momentum, float gain) {
    return layer(eps, momentum, gain).program("bn");
  }

  private static GraphSketch layer(double eps, double momentum, float gain) {
    Random random = new Random(1);
    float[] weights = new float[3 * 2 * 3 * 3];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    GraphSketch sketch =
        new GraphSketch()
            .constant("w", Constant.parameter(TensorData.ofFloats(weights, 3, 2, 3, 3)));
    return statistics(sketch, gain)
        .input("x", 2, 2, 4, 4)
        .call(
            "conv",
            "aten.conv2d.default",
            GraphSketch.sizes(2, 3, 4, 4),
            "x",
            "w",
            Argument.NONE,
            Argument.ints(1, 1),
            Argument.ints(1, 1))
        .call("bn", "aten.batch_norm.default", GraphSketch.sizes(2, 3, 4, 4), norm(eps, momentum));
  }

  private static GraphSketch statistics(GraphSketch sketch, float gain) {
    return sketch
        .constant("gamma", Constant.parameter(TensorData.ofFloats(new float[] {gain, 1, 1}, 3)))
        .constant("beta", Constant.parameter(TensorData.ofFloats(new float[3], 3)))
        .constant("mean", Constant.buffer(TensorData.ofFloats(new float[3], 3)))
        .constant("var", Constant.buffer(TensorData.ofFloats(new float[] {1, 1, 1}, 3)));
  }

  private static Object[] norm(double eps, double momentum) {
    return new Object[] {
      "conv",
      "gamma",
      "beta",
      "mean",
      "var",
      Argument.of(false),
      Argument.of(momentum),
      Argument.of(eps),
      Argument.of(true)
    };
  }

  private static List<List<TensorData>> samples(int count) {
    Random random = new Random(2);
    List<List<TensorData>> samples = new ArrayList<>();
    for (int s = 0; s < count; s++) {
      float[] values = new float[2 * 2 * 4 * 4];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      samples.add(List.of(TensorData.ofFloats(values, 2, 2, 4, 4)));
    }
    return samples;
  }

  private record Row(String operator, double scale, long zeroPoint) {}

  private static List<Row> rows(Program program) {
    List<Row> rows = new ArrayList<>();
    for (Node.Call call : program.main().calls()) {
      if (call.target().contains("quantize_per_tensor.default")) {
        rows.add(
            new Row(
                call.target().split("\\.")[1],
                ((Argument.FloatValue) call.argument(1).orElseThrow()).value(),
                ((Argument.IntValue) call.argument(2).orElseThrow()).value()));
      }
    }
    rows.sort(Comparator.comparing(Row::operator).thenComparing(Row::scale));
    return rows;
  }
}
