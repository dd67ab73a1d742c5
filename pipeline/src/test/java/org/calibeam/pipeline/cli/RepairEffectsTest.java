package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Program;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.pt2.Pt2Writer;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.SampleSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report says that repairs bring is what models without them do. */
class RepairEffectsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private List<List<TensorData>> digits;
  private Path model;

  @BeforeEach
  void writeModelAndSamples() throws IOException {
    digits = NightlyStore.digits();
    SampleSets.write(folder.resolve("samples-0.npz"), digits.subList(0, 30));
    SampleSets.write(folder.resolve("samples-1.npz"), digits.subList(30, 60));
    SampleSets.write(folder.resolve("heldout.npz"), digits.subList(600, 660));
    model = folder.resolve("model.pt2");
    write(uneven(Pt2Reader.read(NightlyStore.DEMO.resolve("model.pt2"))));
  }

  private void write(Program program) throws IOException {
    try (var out = Files.newOutputStream(model)) {
      Pt2Writer.write(program, out);
    }
  }

  /** The digits' model with every other channel of its second convolution 32 times as strong. */
  private static Program uneven(Program program) {
    Map<String, Constant> constants = new LinkedHashMap<>(program.constants());
    for (String name : List.of("deep.3.weight", "deep.3.bias")) {
      Constant constant = constants.get(name);
      float[] values = constant.tensor().toFloats();
      int perChannel = values.length / Math.toIntExact(constant.tensor().sizes()[0]);
      for (int i = 0; i < values.length; i++) {
        values[i] *= i / perChannel % 2 == 0 ? 32 : 1;
      }
      constants.put(
          name, constant.withData(TensorData.ofFloats(values, constant.tensor().sizes())));
    }
    return program.withConstants(constants);
  }

  private JsonNode quantize(String repair, String output) throws IOException {
    Path to = folder.resolve(output);
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            model,
            "--samples",
            folder.resolve("samples-*.npz"),
            "--evaluate",
            folder.resolve("heldout.npz"),
            "--repair",
            repair,
            "--output",
            to);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    try (Stream<Path> left = Files.list(to)) {
      assertThat(left.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "model.pt2", "statistics.avro", "report.json", "report.html", "manifest.json");
    }
    return JSON.readTree(to.resolve("report.json").toFile());
  }

  private static List<String> repairs(JsonNode step) {
    List<String> names = new ArrayList<>();
    step.path("repairs").forEach(name -> names.add(name.asText()));
    return names;
  }

  @Test
  void quantize_evaluatedWithBothRepairs_measuresEachAgainstTheModelWithoutIt() throws IOException {
    JsonNode report = quantize("equalize", "equalize");
    JsonNode steps = report.at("/repairs/effect/steps");

    assertThat(report.at("/repairs/equalizedPairs")).isNotEmpty();
    assertThat(steps)
        .extracting(RepairEffectsTest::repairs)
        .containsExactly(List.of(), List.of("bias"), List.of("bias", "equalize"));
    List<JsonNode> alone = List.of(quantize("none", "none"), quantize("bias", "bias"), report);
    for (int i = 0; i < alone.size(); i++) {
      JsonNode all = alone.get(i).at("/evaluation/codePaths/0/all");
      assertThat(steps.path(i).path("sqnrDb")).isEqualTo(all.path("sqnrDb"));
      assertThat(steps.path(i).path("top1Agreement")).isEqualTo(all.path("top1Agreement"));
      assertThat(steps.path(i).path("flippedSamples"))
          .isEqualTo(alone.get(i).at("/evaluation/flippedSamples"));
    }
    assertThat(alone.get(0).has("repairs")).isFalse();
    assertThat(steps.path(0).path("sqnrDb")).isNotEqualTo(steps.path(2).path("sqnrDb"));
  }

  @Test
  void requantize_repairsInTheConfiguration_measuresThemInItsReport() throws IOException {
    NightlyStore store =
        new NightlyStore(folder)
            .job("{\"config\": {\"steps\": [[\"set_global\", {}]], \"repairs\": [\"equalize\"]}}");
    store.write(NightlyStore.FIRST, digits.subList(0, 100));
    store.night(0);

    JsonNode report = JSON.readTree(store.run(1).resolve("report.json").toFile());

    JsonNode steps = report.at("/repairs/effect/steps");
    assertThat(steps).hasSize(3);
    assertThat(steps.path(2).path("sqnrDb"))
        .isEqualTo(report.at("/evaluation/codePaths/0/all/sqnrDb"));
    assertThat(folder.resolve("store/work"))
        .satisfiesAnyOf(
            work -> assertThat(work).doesNotExist(), work -> assertThat(work).isEmptyDirectory());
  }
}
