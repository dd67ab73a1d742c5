package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.calibeam.pipeline.Fixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalyzeCommandTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");
  private static final Path CALIBRATION = Fixture.path("early_exit_digits/calibration.npz");
  private static final Path HELD_OUT = Fixture.path("early_exit_digits/evaluation.npz");

  @TempDir private Path folder;

  private Outcome analyze(String output, Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "analyze",
                "--model",
                MODEL,
                "--samples",
                CALIBRATION,
                "--evaluate",
                HELD_OUT,
                "--state",
                folder.resolve("state"),
                "--output",
                folder.resolve(output)));
    all.addAll(List.of(more));
    return Outcome.of(all.toArray());
  }

  private JsonNode read(String run, String file) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(run).resolve(file).toFile());
  }

  /** SQNR of what {@code quantize} makes. */
  private double quantized(String output, Object... more) throws IOException {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "quantize",
                "--model",
                MODEL,
                "--samples",
                CALIBRATION,
                "--evaluate",
                HELD_OUT,
                "--output",
                folder.resolve(output)));
    all.addAll(List.of(more));
    Outcome outcome = Outcome.of(all.toArray());
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return read(output, "report.json").at("/evaluation/sqnrDb").asDouble();
  }

  @Test
  void analyze_proposal_isWhatQuantizeMakesOfIt() throws IOException {
    Outcome outcome = analyze("out");
    JsonNode analysis = read("out", "analysis.json");
    Path configuration = folder.resolve("out/config.json");

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(analysis.at("/proposal/sqnrDb").asDouble())
        .isEqualTo(quantized("mixed", "--config", configuration));
    assertThat(analysis.at("/allInt8/sqnrDb").asDouble()).isEqualTo(quantized("plain"));
    assertThat(analysis.path("curve")).hasSizeGreaterThan(2);
    assertThat(analysis.path("tensors")).isNotEmpty();
    assertThat(ReportSchemaTest.schema("analysis").validate(analysis)).isEmpty();
    assertThat(analysis.at("/curve/0/sqnrDb")).isEqualTo(analysis.at("/allInt8/sqnrDb"));
    assertThat(analysis.path("curve"))
        .filteredOn(point -> point.path("proposed").asBoolean())
        .extracting(point -> point.path("sqnrDb"))
        .containsExactly(analysis.at("/proposal/sqnrDb"));
    assertThat(folder.resolve("out/analysis.html")).content().contains("What quantization costs");

    Outcome again = analyze("again");

    assertThat(again.out()).contains("Tried 0 candidates");
    assertThat(Files.readAllBytes(folder.resolve("again/analysis.json")))
        .isEqualTo(Files.readAllBytes(folder.resolve("out/analysis.json")));

    Outcome share = analyze("share", "--int8-share", 0.5);

    assertThat(share.status()).as(share.err()).isZero();
    assertThat(read("share", "analysis.json").at("/proposal/a8w8Share").asDouble())
        .isGreaterThanOrEqualTo(0.5);

    Outcome tooMuch = analyze("much", "--int8-share", 0.9, "--target-sqnr", 300);

    assertThat(tooMuch.status()).isEqualTo(Main.FAILED);
    assertThat(tooMuch.err()).contains("No mix does what is asked");
  }

  @Test
  void analyze_shareBeyondOne_isAnError() {
    assertThat(analyze("out", "--int8-share", 60).error()).contains("--int8-share is 60");
  }
}
