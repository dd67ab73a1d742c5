package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.convert.CorrectedBias;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepairTest {
  private static final long[] OUTPUT = {1, 8, 4, 4};

  /** Its first convolution leads to the predicate, those in the branch do not. */
  private static final Path DIGITS = Path.of("..", "deploy", "demo");

  private static Constant random(long seed, double mean, long... sizes) {
    Random random = new Random(seed);
    int elements = 1;
    for (long size : sizes) {
      elements = Math.toIntExact(elements * size);
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = (float) (random.nextGaussian() + mean);
    }
    return Constant.parameter(TensorData.ofFloats(values, sizes));
  }

  /** Strided and padded, in groups: each tap and channel has a mean of its own. */
  private static Program convolution() {
    return new GraphSketch()
        .constant("w", random(1, 0, 8, 3, 3, 3))
        .constant("b", random(2, 0, 8))
        .input("x", 1, 6, 8, 8)
        .call(
            "conv",
            "aten.conv2d.default",
            OUTPUT,
            "x",
            "w",
            "b",
            Argument.ints(2, 2),
            Argument.ints(1, 1),
            Argument.ints(1, 1),
            Argument.of(2))
        .program("conv");
  }

  /** Of channels with means far from zero. */
  private static List<List<TensorData>> samples() {
    List<List<TensorData>> samples = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      samples.add(List.of(random(100 + i, 5, 1, 6, 8, 8).tensor()));
    }
    return samples;
  }

  private static ConvertedProgram quantized(Program program, Set<Repair> repairs) {
    return quantized(program, repairs, samples());
  }

  private static ConvertedProgram quantized(
      Program program, Set<Repair> repairs, List<List<TensorData>> samples) {
    return QuantizerConfiguration.DEFAULT
        .withRepairs(repairs)
        .quantizer(VgfCompileSpec.DEFAULT)
        .quantizeWithSubmodules(program, samples);
  }

  /** The greatest shift of the mean of a channel, and the mean squared error. */
  private static double[] errors(Program program, ConvertedProgram quantized) {
    return errors(program, quantized, samples());
  }

  private static double[] errors(
      Program program, ConvertedProgram quantized, List<List<TensorData>> samples) {
    double[] shift = new double[8];
    double squares = 0;
    try (GraphRunner floating = GraphRunner.load(program);
        GraphRunner integer = GraphRunner.load(quantized.program())) {
      for (List<TensorData> sample : samples) {
        float[] expected = floating.run(sample).get(0).toFloats();
        float[] actual = integer.run(sample).get(0).toFloats();
        for (int i = 0; i < expected.length; i++) {
          double error = actual[i] - expected[i];
          int each = expected.length / shift.length;
          shift[i / each] += error / (each * samples.size());
          squares += error * error;
        }
      }
    }
    double greatest = 0;
    for (double s : shift) {
      greatest = Math.max(greatest, Math.abs(s));
    }
    return new double[] {greatest, squares};
  }

  @Test
  void bias_convolutionOfShiftedChannels_takesTheShiftOutOfItsResults() {
    Program program = convolution();
    ConvertedProgram plain = quantized(program, Set.of());
    ConvertedProgram repaired = quantized(program, Set.of(Repair.BIAS));

    assertThat(plain.correctedBiases()).isEmpty();
    assertThat(repaired.correctedBiases()).extracting(CorrectedBias::layer).containsExactly("conv");
    assertThat(errors(program, repaired)[0]).isLessThan(errors(program, plain)[0] / 2);
    assertThat(errors(program, repaired)[1]).isLessThan(errors(program, plain)[1]);
    assertThat(repaired.qparams()).isEqualTo(plain.qparams());
  }

  /** As many rows as channels, so that the one could be taken for the other. */
  @Test
  void bias_convolutionWithoutBatch_countsItsChannels() {
    Program program =
        new GraphSketch()
            .constant("w", random(1, 0, 8, 3, 3, 3))
            .constant("b", random(2, 0, 8))
            .input("x", 6, 6, 8)
            .derive(
                "conv",
                "aten.conv2d.default",
                "x",
                "w",
                "b",
                Argument.ints(1, 1),
                Argument.ints(0, 0),
                Argument.ints(1, 1),
                Argument.of(2))
            .program("conv");
    List<List<TensorData>> samples = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      float[] values = random(100 + i, 0, 6, 6, 8).tensor().toFloats();
      for (int k = 0; k < values.length; k++) {
        values[k] += k / 48 % 2 == 0 ? 5 : -5;
      }
      samples.add(List.of(TensorData.ofFloats(values, 6, 6, 8)));
    }
    ConvertedProgram plain = quantized(program, Set.of(), samples);
    ConvertedProgram repaired = quantized(program, Set.of(Repair.BIAS), samples);

    assertThat(repaired.correctedBiases()).hasSize(1);
    assertThat(errors(program, repaired, samples)[0])
        .isLessThan(errors(program, plain, samples)[0] / 2);
  }

  @Test
  void bias_layersThatDecide_areLeft() {
    Program program = Pt2Reader.read(DIGITS.resolve("model.pt2"));
    ConvertedProgram repaired =
        QuantizerConfiguration.DEFAULT
            .withRepairs(Set.of(Repair.BIAS))
            .quantizer(VgfCompileSpec.DEFAULT)
            .quantizeWithSubmodules(program, Npz.samples(DIGITS.resolve("calibration.npz")));

    assertThat(repaired.correctedBiases()).isNotEmpty();
    assertThat(repaired.correctedBiases()).noneMatch(b -> b.codePath().isMain());
  }

  /** Its observers share scales across graphs, and not all of them sum up channels. */
  @ParameterizedTest
  @ValueSource(strings = {"loop", "loop_in_branch", "deep_conv2d"})
  void equalize_conditionalModel_losesNothingBeyondChance(String model) {
    Path folder = ConditionalModels.folder(model);
    Program program = Pt2Reader.read(folder.resolve("model.pt2"));
    List<List<TensorData>> evaluation = Npz.samples(folder.resolve("evaluation.npz"));
    ConvertedProgram repaired =
        QuantizerConfiguration.DEFAULT
            .withRepairs(Set.of(Repair.EQUALIZE))
            .quantizer(VgfCompileSpec.DEFAULT)
            .quantizeWithSubmodules(program, Npz.samples(folder.resolve("calibration.npz")));

    assertThat(QuantizeCase.sqnr(program, repaired.program(), evaluation))
        .isGreaterThan(
            QuantizeCase.sqnr(program, ConditionalModels.quantized(model).program(), evaluation)
                - 0.3); // 96 samples tell no more
  }

  @Test
  void equalize_bringsBiasAlong() {
    assertThat(QuantizerConfiguration.DEFAULT.withRepairs(Set.of(Repair.EQUALIZE)).repairs())
        .containsExactlyInAnyOrder(Repair.EQUALIZE, Repair.BIAS);
  }

  @Test
  void bias_withReferenceCalibrator_isRefused() {
    assertThatThrownBy(
            () ->
                QuantizerConfiguration.DEFAULT
                    .withRepairs(Set.of(Repair.BIAS))
                    .quantizer(VgfCompileSpec.DEFAULT)
                    .quantizeWithSubmodules(
                        convolution(),
                        samples(),
                        ConvertOptions.DEFAULT.withCalibrator(Calibrator.reference())))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("keep no means of channels");
  }

  @Test
  void parse_unknownRepair_isRefusedByName() {
    assertThatThrownBy(
            () ->
                QuantizerConfiguration.parse(
                    "{\"steps\": [], \"repairs\": [\"polish\"]}", "c.json"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage("Unknown repair \"polish\" in c.json: known are bias and equalize.");
  }
}
