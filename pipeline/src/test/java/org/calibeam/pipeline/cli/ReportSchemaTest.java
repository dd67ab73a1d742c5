package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.SampleSets;
import org.calibeam.schemas.Sample;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the program writes is what the schemas of its reports describe, and nothing else. */
class ReportSchemaTest {
  private static final JsonSchema REPORT = schema("report");
  private static final JsonSchema EVALUATION = schema("evaluation");

  @TempDir private Path folder;
  private List<List<TensorData>> digits;
  private Path samples;

  @BeforeEach
  void writeSamples() throws IOException {
    digits = NightlyStore.digits();
    samples = folder.resolve("samples-0.npz");
    SampleSets.write(samples, digits.subList(0, 40));
  }

  @Test
  void quantize_badSamplesUnlikeShardsAndRepairs_areAllDescribed() throws IOException {
    List<List<TensorData>> unlike =
        new ArrayList<>(NightlyStore.changed(digits.subList(40, 60), v -> 3 * v));
    unlike.addAll(NightlyStore.changed(digits.subList(60, 61), v -> Float.NaN));
    SampleSets.write(folder.resolve("samples-1.npz"), unlike);
    Path heldOut = folder.resolve("heldout.npz");
    SampleSets.write(heldOut, digits.subList(100, 130));

    JsonNode report =
        quantize(
            folder.resolve("samples-*.npz"),
            "--max-bad-samples",
            3,
            "--repair",
            "equalize",
            "--evaluate",
            heldOut);

    assertThat(report.path("badSamples")).hasSize(1);
    assertThat(report.at("/data/moved")).isNotEmpty();
    assertThat(report.at("/repairs/correctedBiases")).isNotEmpty();
    assertThat(report.at("/repairs/effect/steps")).hasSize(2);
    assertThat(report.at("/conditionals/0/margins")).isNotEmpty();
    assertDescribed(EVALUATION, report.path("evaluation"));
  }

  @Test
  void quantize_unreachedSide_isDescribed() throws IOException {
    Path easy = folder.resolve("easy.npz");
    List<JsonNode> paths = new ArrayList<>();
    for (int i = 0; i < 40 && paths.isEmpty(); i++) {
      SampleSets.write(easy, digits.subList(i, i + 1));
      paths.addAll(
          quantize(easy, "--unreached-paths", "borrow").findValues("borrowedPaths").stream()
              .filter(list -> !list.isEmpty())
              .toList());
    }

    assertThat(paths).isNotEmpty();
    assertThat(quantize(easy, "--unreached-paths", "float").path("floatingPaths")).isNotEmpty();
  }

  @Test
  void quantize_samplesInOrder_isDescribed() throws IOException {
    JsonNode report = quantize(samples, "--calibrator", "reference");

    assertThat(report.path("inOrder").path("training").asBoolean()).isFalse();
  }

  @Test
  void requantize_night_isDescribed() throws IOException {
    NightlyStore store = new NightlyStore(folder).job("{}");
    store.write(NightlyStore.FIRST, digits.subList(0, 100));
    store.night(0);

    JsonNode report = json(store.run(1).resolve("report.json"));

    assertDescribed(REPORT, report);
    assertThat(report.at("/decision/decision").asText()).isEqualTo("published");
    assertThat(report.has("since")).isFalse();

    store.write(NightlyStore.FIRST.plusDays(1), digits.subList(100, 200));
    store.night(0);
    JsonNode next = json(store.run(2).resolve("report.json"));

    assertDescribed(REPORT, next);
    assertThat(next.at("/since/baseline").asText()).startsWith("run 0");
    assertThat(next.at("/since/moved/0/moved").asDouble())
        .isEqualTo(next.at("/decision/mostMoved").asDouble());
  }

  @Test
  void quantize_baselineInTheFolderThatIsOverwritten_isComparedAndDescribed() throws IOException {
    quantize(samples);
    SampleSets.write(folder.resolve("samples-1.npz"), digits.subList(40, 80));

    JsonNode since =
        quantize(folder.resolve("samples-*.npz"), "--baseline", folder.resolve("out"))
            .path("since");

    assertThat(since.path("sameModel").asBoolean()).isTrue();
    assertThat(since.path("moved")).isNotEmpty();
    assertThat(since.path("added")).isEmpty();
    JsonNode other =
        quantize(samples, "--calibrator", "minmax", "--baseline", folder.resolve("out"))
            .path("since");
    assertThat(other.path("sameConversion").asBoolean()).isFalse();
  }

  @Test
  void quantize_baselineThatIsNone_isRefusedBeforeAnythingRuns() {
    Path model = NightlyStore.DEMO.resolve("model.pt2");
    for (Path baseline : List.of(folder, samples)) {
      Outcome outcome =
          Outcome.of(
              "quantize",
              "--model",
              model,
              "--samples",
              samples,
              "--output",
              folder.resolve("none"),
              "--baseline",
              baseline);
      assertThat(outcome.status()).isEqualTo(1);
      assertThat(outcome.err())
          .contains("Cannot compare with the baseline", "Give the output folder of an earlier run");
    }
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void evaluate_twoModels_isDescribed() throws IOException {
    quantize(samples);
    Path output = folder.resolve("figures");
    Outcome outcome =
        Outcome.of(
            "evaluate",
            "--model",
            NightlyStore.DEMO.resolve("model.pt2"),
            "--quantized",
            folder.resolve("out/model.pt2"),
            "--samples",
            samples,
            "--output",
            output);
    assertThat(outcome.status()).as(outcome.err()).isZero();

    assertDescribed(EVALUATION, json(output.resolve("evaluation.json")));
  }

  @Test
  void schema_fieldThatItDoesNotKnowOrMisses_isAnError() throws IOException {
    ObjectNode report = (ObjectNode) quantize(samples);
    report.put("surprise", 1);
    assertThat(REPORT.validate(report)).singleElement().asString().contains("surprise");
    report.remove(List.of("surprise", "shards"));
    assertThat(REPORT.validate(report)).singleElement().asString().contains("shards");
  }

  private JsonNode quantize(Path from, Object... more) throws IOException {
    Path output = folder.resolve("out");
    Stream<Object> arguments =
        Stream.of(
            "quantize",
            "--model",
            NightlyStore.DEMO.resolve("model.pt2"),
            "--samples",
            from,
            "--output",
            output,
            "--overwrite");
    Outcome outcome = Outcome.of(Stream.concat(arguments, Stream.of(more)).toArray());
    assertThat(outcome.status()).as(outcome.err()).isZero();
    JsonNode report = json(output.resolve("report.json"));
    assertDescribed(REPORT, report);
    return report;
  }

  private static void assertDescribed(JsonSchema schema, JsonNode document) {
    assertThat(schema.validate(document)).isEmpty();
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  static JsonSchema schema(String name) {
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(
            Objects.requireNonNull(Sample.class.getResourceAsStream(name + ".schema.json"), name));
  }
}
