package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceRunTest {
  /** Forwards differ in their low bits between releases of libtorch. */
  private static final double SCALE_TOLERANCE = 1e-5;

  private static final ConvertOptions REFERENCE =
      ConvertOptions.DEFAULT.withCalibrator(Calibrator.reference());

  @ParameterizedTest
  @ValueSource(strings = {"small_cnn", "segmenter"})
  void convert_modelOfReference_sameScalesAndZeroPoints(String name) throws IOException {
    List<Row> rows = rows(quantized(name, samples(name)));
    List<Row> expected = new ArrayList<>();
    JsonNode reference =
        new ObjectMapper().readTree(Fixtures.file(name + "/reference.json").toFile());
    for (JsonNode row : reference.path("qdq")) {
      if (row.path("op").asText().endsWith(".quantize_per_tensor.default")) {
        expected.add(new Row(row.at("/args/1").asDouble(), row.at("/args/2").asLong()));
      }
    }
    expected.sort(Row.ORDER);
    assertThat(rows).hasSameSizeAs(expected);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(rows.get(i).scale() / expected.get(i).scale())
          .isCloseTo(1, within(SCALE_TOLERANCE));
      assertThat(rows.get(i).zeroPoint()).isEqualTo(expected.get(i).zeroPoint());
    }
  }

  @Test
  void convert_otherOrderOfSamples_otherScales() throws IOException {
    List<List<TensorData>> backwards = samples("small_cnn");
    Collections.reverse(backwards);
    assertThat(rows(quantized("small_cnn", backwards)))
        .isNotEqualTo(rows(quantized("small_cnn", samples("small_cnn"))));
  }

  @Test
  void run_sampleThatFails_leavesNoTrace() throws IOException {
    PreparedProgram prepared = quantizer("small_cnn").prepare(program("small_cnn"));
    List<List<TensorData>> samples = samples("small_cnn");
    TensorData image = samples.get(0).get(0);
    float[] nans = image.toFloats();
    nans[7] = Float.NaN;
    List<TensorData> bad = List.of(TensorData.ofFloats(nans, image.sizes()));
    try (ReferenceRun clean = new ReferenceRun(prepared);
        ReferenceRun disturbed = new ReferenceRun(prepared)) {
      for (List<TensorData> sample : samples) {
        clean.run(sample);
        assertThatThrownBy(() -> disturbed.run(bad))
            .isInstanceOf(SamplesException.class)
            .hasMessageContaining("NaN");
        assertThat(disturbed.isBroken()).isFalse();
        disturbed.run(sample);
      }
      Map<ObserverId, Statistic> seen = clean.statistics();
      assertThat(disturbed.statistics()).isEqualTo(seen);
      assertThat(disturbed.convert(REFERENCE).qparams())
          .isEqualTo(clean.convert(REFERENCE).qparams());
    }
  }

  @Test
  void range_ofAStatistic_refused() throws IOException {
    PreparedProgram prepared = quantizer("small_cnn").prepare(program("small_cnn"));
    try (ReferenceRun run = new ReferenceRun(prepared)) {
      run.run(samples("small_cnn").get(0));
      Map.Entry<ObserverId, Statistic> any = run.statistics().entrySet().iterator().next();
      assertThatThrownBy(
              () ->
                  Calibrator.reference()
                      .qparams(
                          any.getValue(), (Observed) prepared.observers().get(any.getKey()).spec()))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("order of the samples")
          .hasMessageContaining("quantize --calibrator reference");
    }
  }

  private static VgfQuantizer quantizer(String name) throws IOException {
    return QuantizerConfiguration.parse(
            Files.readString(Fixtures.file(name + "/config.json")), "config.json")
        .quantizer(VgfCompileSpec.DEFAULT);
  }

  private static Program program(String name) {
    return Pt2Reader.read(Fixtures.file(name + "/model.pt2"));
  }

  private static List<List<TensorData>> samples(String name) throws IOException {
    return new ArrayList<>(Npz.samples(Fixtures.file(name + "/calibration.npz")));
  }

  private static Program quantized(String name, List<List<TensorData>> samples) throws IOException {
    return quantizer(name).quantizeWithSubmodules(program(name), samples, REFERENCE).program();
  }

  private record Row(double scale, long zeroPoint) {
    static final Comparator<Row> ORDER =
        Comparator.comparingDouble(Row::scale).thenComparingLong(Row::zeroPoint);
  }

  private static List<Row> rows(Program program) {
    List<Row> rows = new ArrayList<>();
    for (Node.Call call : program.main().calls()) {
      if (call.target().endsWith(".quantize_per_tensor.default")) {
        rows.add(
            new Row(
                ((Argument.FloatValue) call.argument(1).orElseThrow()).value(),
                ((Argument.IntValue) call.argument(2).orElseThrow()).value()));
      }
    }
    rows.sort(Row.ORDER);
    return rows;
  }
}
