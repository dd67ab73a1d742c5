package org.calibeam.pipeline.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.calibeam.pipeline.nightly.Verdict.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelGatesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double Z = 1.959963984540054;

  /** Figures as an evaluation of {@code n} samples gives them. */
  private static JsonNode figures(int n, int flipped, int agreed, double sqnr, double half) {
    try {
      ObjectNode root = JSON.createObjectNode().put("badSamples", 0);
      ObjectNode path = root.putArray("codePaths").addObject();
      path.set("flipRate", share(flipped, n));
      ObjectNode all = path.putObject("all");
      all.set("top1Agreement", share(agreed, n));
      all.set(
          "sqnrDbUnflipped",
          JSON.readTree(
              String.format(
                  Locale.ROOT,
                  "{\"value\": %f, \"low\": %f, \"high\": %f}",
                  sqnr,
                  sqnr - half,
                  sqnr + half)));
      return root;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Wilson's interval. */
  private static ObjectNode share(int hits, int n) {
    double p = (double) hits / n;
    double centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
    double half = Z / (1 + Z * Z / n) * Math.sqrt(p * (1 - p) / n + Z * Z / (4.0 * n * n));
    return JSON.createObjectNode()
        .put("value", p)
        .put("low", Math.max(0, centre - half))
        .put("high", Math.min(1, centre + half));
  }

  private static Status status(String gate, JsonNode model, JsonNode published) {
    ModelGates gates = new ModelGates(Gates.of(MissingNode.getInstance()));
    gates.judge(model, published);
    List<Status> found =
        gates.verdicts().stream().filter(v -> v.gate().equals(gate)).map(Verdict::status).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  @ParameterizedTest
  @CsvSource({
    // A sample or two of twenty take another path by chance; a quarter of them do not.
    "20, 1, 0, PASSED",
    "20, 2, 0, WARNED",
    "20, 5, 0, BLOCKED",
    "100, 5, 0, PASSED",
    "100, 8, 0, BLOCKED",
    "100, 8, 5, PASSED",
    "1000, 60, 5, BLOCKED",
    "1000, 0, 60, PASSED",
    "1, 1, 0, WARNED"
  })
  void judge_flips_blocksBeyondTheLimitAndChance(int n, int model, int published, Status expected) {
    assertThat(status(Verdict.FLIPS, figures(n, model, n, 30, 1), figures(n, published, n, 30, 1)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "20, 19, 20, WARNED",
    "20, 14, 20, BLOCKED",
    "100, 98, 100, PASSED",
    "1000, 970, 1000, BLOCKED",
    "1000, 1000, 970, PASSED"
  })
  void judge_top1_blocksBeyondTheLimitAndChance(int n, int model, int published, Status expected) {
    assertThat(status(Verdict.TOP1, figures(n, 0, model, 30, 1), figures(n, 0, published, 30, 1)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "36, 0.6, 36.9, 0.6, PASSED",
    "36, 2.4, 38.0, 2.4, WARNED",
    "36, 0.6, 37.5, 0.6, BLOCKED",
    "30, 2.4, 38.0, 2.4, BLOCKED",
    "38, 0.1, 36.0, 0.1, PASSED"
  })
  void judge_sqnr_blocksBeyondTheLimitAndChance(
      double model, double half, double published, double publishedHalf, Status expected) {
    assertThat(
            status(
                Verdict.SQNR,
                figures(100, 0, 100, model, half),
                figures(100, 0, 100, published, publishedHalf)))
        .isEqualTo(expected);
  }

  @Test
  void judge_publishedWithoutNoise_anyNoiseBlocks() {
    ObjectNode silent = (ObjectNode) figures(100, 0, 100, 30, 1);
    ((ObjectNode) silent.at("/codePaths/0/all"))
        .putObject("sqnrDbUnflipped")
        .putNull("value")
        .putNull("low")
        .putNull("high")
        .put("infinite", true);
    assertThat(status(Verdict.SQNR, figures(100, 0, 100, 60, 1), silent)).isEqualTo(Status.BLOCKED);
    assertThat(status(Verdict.SQNR, silent, silent)).isEqualTo(Status.PASSED);
  }

  @Test
  void judge_noPublished_comparesNothing() {
    ModelGates gates = new ModelGates(Gates.of(MissingNode.getInstance()));
    gates.judge(figures(10, 9, 1, 3, 1), MissingNode.getInstance());
    assertThat(gates.verdicts()).extracting(Verdict::status).containsOnly(Status.PASSED);
  }
}
