package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --calibrator reference} from the command line, on a conditional model. */
class ReferenceCommandTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");
  private static final Path SAMPLES = Fixture.path("early_exit_digits/calibration.npz");

  @TempDir private Path folder;

  @Test
  void quantize_calibratorReference_orderDecidesParallelismDoesNot() throws IOException {
    List<List<TensorData>> backwards = new ArrayList<>(SampleSets.read(SAMPLES).subList(0, 60));
    Path forward = SampleSets.write(folder.resolve("forward.npz"), backwards);
    Collections.reverse(backwards);
    Path backward = SampleSets.write(folder.resolve("backward.npz"), backwards);
    byte[] one = quantize(forward, "one", 1);

    assertThat(quantize(forward, "eight", 8)).isEqualTo(one);
    assertThat(quantize(backward, "backward", 1)).isNotEqualTo(one);
    assertThat(
            new ObjectMapper()
                .readTree(folder.resolve("one/report.json").toFile())
                .at("/inOrder/training")
                .asBoolean(true))
        .isFalse();
    assertThat(Files.readString(folder.resolve("one/report.html"))).contains("on one worker");
  }

  @Test
  void convert_calibratorReference_refusedInOneLine() throws IOException {
    quantize(SAMPLES, "one", 1);
    Outcome converted =
        Outcome.of(
            "convert",
            "--model",
            MODEL,
            "--statistics",
            folder.resolve("one/statistics.avro"),
            "--calibrator",
            "reference",
            "--output",
            folder.resolve("converted"));
    assertThat(converted.status()).isEqualTo(1);
    assertThat(converted.err().strip().lines())
        .hasSize(1)
        .allMatch(l -> l.contains("Statistics cannot answer the calibrator reference"));
    assertThat(folder.resolve("converted/model.pt2")).doesNotExist();
  }

  private byte[] quantize(Path samples, String output, int parallelism) throws IOException {
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            samples,
            "--calibrator",
            "reference",
            "--output",
            folder.resolve(output),
            "--",
            "--targetParallelism=" + parallelism);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return Files.readAllBytes(folder.resolve(output).resolve("model.pt2"));
  }
}
