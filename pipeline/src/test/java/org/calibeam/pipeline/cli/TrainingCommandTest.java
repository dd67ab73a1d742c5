package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantization-aware training from the command line, on a conditional model. */
class TrainingCommandTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");
  private static final Path SAMPLES = Fixture.path("early_exit_digits/calibration.npz");
  private static final Path HELD_OUT = Fixture.path("early_exit_digits/evaluation.npz");

  @TempDir private Path folder;
  private Path config = Path.of("");

  @BeforeEach
  void writeConfiguration() throws IOException {
    config = folder.resolve("qat.json");
    Files.writeString(config, "{\"is_qat\": true, \"steps\": [[\"set_global\", {}]]}");
  }

  @Test
  void quantize_isQat_trainsOnOneWorkerAndSaysSo() throws IOException {
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            SAMPLES,
            "--evaluate",
            HELD_OUT,
            "--config",
            config,
            "--output",
            folder.resolve("out"));

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("with 128 samples").contains("SQNR ");
    JsonNode report = new ObjectMapper().readTree(folder.resolve("out/report.json").toFile());
    assertThat(report.at("/inOrder/workers").asInt()).isEqualTo(1);
    assertThat(report.at("/inOrder/qat").asBoolean()).isTrue();
    assertThat(report.at("/samples/observed").asInt()).isEqualTo(128);
  }

  @Test
  void quantize_isQat_orderDecidesParallelismDoesNot() throws IOException {
    List<List<TensorData>> backwards = new ArrayList<>(SampleSets.read(SAMPLES).subList(0, 40));
    Path forward = SampleSets.write(folder.resolve("forward.npz"), backwards);
    Collections.reverse(backwards);
    Path backward = SampleSets.write(folder.resolve("backward.npz"), backwards);
    byte[] one = quantize(forward, "one", 1);

    assertThat(quantize(forward, "eight", 8)).isEqualTo(one);
    assertThat(quantize(backward, "backward", 1)).isNotEqualTo(one);
  }

  @Test
  void calibrateAndConvert_isQat_refusedInOneLine() throws IOException {
    Outcome calibrated =
        Outcome.of(
            "calibrate",
            "--model",
            MODEL,
            "--samples",
            SAMPLES,
            "--config",
            config,
            "--output",
            folder.resolve("calibrated"));
    assertThat(calibrated.status()).isEqualTo(1);
    assertThat(calibrated.err().strip().lines())
        .hasSize(1)
        .allMatch(l -> l.contains("is_qat trains sample after sample") && l.contains("quantize"));

    byte[] model = quantize(SAMPLES, "trained", 1);
    assertThat(model).isNotEmpty();
    Outcome converted =
        Outcome.of(
            "convert",
            "--model",
            MODEL,
            "--statistics",
            folder.resolve("trained/statistics.avro"),
            "--config",
            config,
            "--output",
            folder.resolve("converted"));
    assertThat(converted.status()).isEqualTo(1);
    assertThat(converted.err().strip().lines())
        .hasSize(1)
        .allMatch(l -> l.contains("is_qat trains sample after sample"));
  }

  private byte[] quantize(Path samples, String output, int parallelism) throws IOException {
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            samples,
            "--config",
            config,
            "--output",
            folder.resolve(output),
            "--",
            "--targetParallelism=" + parallelism);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return Files.readAllBytes(folder.resolve(output).resolve("model.pt2"));
  }
}
