package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequantizeCommandTest {
  @TempDir private Path folder;
  private List<List<TensorData>> digits = List.of();
  private NightlyStore store = new NightlyStore(Path.of(""));

  @BeforeEach
  void readDigits() throws IOException {
    digits = NightlyStore.digits();
    store = new NightlyStore(folder);
  }

  /** Like 15 nights in a row, of which the last has one new partition. */
  @Test
  void requantize_oneNewPartitionOfFourteen_runsOnlyThatAndGivesTheSameBytes() throws IOException {
    store.job("{\"window\": {\"last\": 14}, \"tolerance\": 0}");
    for (int day = 0; day < 14; day++) {
      store.write(NightlyStore.FIRST.plusDays(day), digits.subList(day * 30, day * 30 + 30));
    }
    JsonNode first = store.night(0);
    assertThat(first.at("/state/run").asInt()).isEqualTo(28);
    assertThat(first.at("/state/kept").asInt()).isZero();
    store.write(NightlyStore.FIRST.plusDays(14), digits.subList(14 * 30, 15 * 30));

    JsonNode second = store.night(0);

    assertThat(second.at("/state/run").asInt()).isEqualTo(2);
    assertThat(second.at("/state/kept").asInt()).isEqualTo(26);
    assertThat(second.at("/state/samplesRun").asInt())
        .isEqualTo(second.at("/partitions/13/samples").asInt());
    assertThat(second.path("partitions").size()).isEqualTo(14);
    Path grown = store.run(2);
    // From nothing: no store, no state.
    Files.move(folder.resolve("store"), folder.resolve("old"));
    JsonNode anew = store.night(0);
    assertThat(anew.at("/state/run").asInt()).isEqualTo(28);
    for (String file : List.of("model.pt2", "statistics.avro")) {
      assertThat(folder.resolve("old/runs").resolve(grown.getFileName()).resolve(file))
          .hasBinaryContent(Files.readAllBytes(store.run(1).resolve(file)));
    }
  }

  @Test
  void requantize_again_isUnchangedAndKeepsTheArtifact() throws IOException {
    store.job("{}");
    store.write(NightlyStore.FIRST, digits.subList(0, 200));
    store.night(0);
    byte[] published = store.currentModel();
    String run = store.current();

    JsonNode decision = store.night(RequantizeCommand.UNCHANGED);

    assertThat(decision.path("decision").asText()).isEqualTo("unchanged");
    assertThat(decision.path("published").asText()).isEqualTo(run);
    assertThat(store.current()).isEqualTo(run);
    assertThat(store.currentModel()).isEqualTo(published);
    assertThat(store.requantize("--unchanged-ok").status()).isZero();
    assertThat(store.requantize("--history").out().lines().map(l -> l.substring(0, 8)).toList())
        .containsExactly("  000003", "  000002", "* 000001");
  }

  @Test
  void requantize_gateNotPassed_saysWhyInDecisionAndReport() throws IOException {
    store.job("{\"gates\": {\"minTop1\": 1, \"minSqnrDb\": 200}}");
    store.write(NightlyStore.FIRST, digits.subList(0, 100));

    Outcome outcome = store.requantize();

    assertThat(outcome.status()).isEqualTo(RequantizeCommand.BLOCKED);
    assertThat(outcome.out()).startsWith("Blocked: SQNR is ").contains("at least 200.00 dB");
    assertThat(folder.resolve("store/current.json")).doesNotExist();
    Path run = store.run(1);
    JsonNode report = NightlyStore.json(run.resolve("report.json"));
    assertThat(report.at("/decision/decision").asText()).isEqualTo("blocked");
    assertThat(report.at("/warnings/0").asText()).startsWith("Not published: SQNR is ");
    assertThat(store.night(0, "--accept", "sqnr,top1").path("warnings").size()).isGreaterThan(0);
  }

  @Test
  void requantize_heldOut_isNeverCalibratedOn() throws IOException {
    store.job("{\"heldOut\": {\"share\": 0.25, \"samples\": 1000}}");
    store.write(NightlyStore.FIRST, digits.subList(0, 200));

    JsonNode decision = store.night(0);

    long held = decision.at("/samples/heldOut").asLong();
    assertThat(held).isBetween(30L, 70L);
    assertThat(decision.at("/samples/observed").asLong()).isEqualTo(200 - held);
    assertThat(decision.at("/evaluation/model/samples").asLong()).isEqualTo(held);
  }

  @Test
  void requantize_noData_fails() throws IOException {
    store.job("{}");
    Outcome outcome = store.requantize();
    assertThat(outcome.error()).contains("No samples: of 0 partitions");
    assertThat(store.lastDecision().path("decision").asText()).isEqualTo("failed");
  }

  @Test
  void requantize_filesThatNameNoDay_areNamed() throws IOException {
    store.job("{}");
    store.write(NightlyStore.FIRST, digits.subList(0, 100));
    Path odd = Files.createDirectories(folder.resolve("samples/2026-13-77"));
    Files.copy(store.partition(NightlyStore.FIRST).resolve("a.npz"), odd.resolve("a.npz"));
    assertThat(store.night(0).at("/warnings/0").asText()).contains("2026-13-77/a.npz");
  }

  @Test
  void requantize_until_leavesLaterPartitionsAlone() throws IOException {
    store.job("{}");
    store.write(NightlyStore.FIRST, digits.subList(0, 100));
    store.write(NightlyStore.FIRST.plusDays(1), digits.subList(100, 200));
    assertThat(store.night(0, "--until", NightlyStore.FIRST).path("partitions").size())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"model": "m", "store": "s"}                                                  | samples
          {"model": "m", "store": "s", "samples": "a/*.npz"}                            | samples
          {"model": "m", "store": "s", "samples": "{date}/{date}.npz"}                  | samples
          {"model": "m", "store": "s", "samples": "{date:yy}.npz"}                      | samples
          {"model": 1, "store": "s", "samples": "{date}.npz"}                           | model
          {"model": "m", "store": "s", "samples": "{date}.npz", "gate": {}}             | gate
          {"model": "m", "store": "s", "samples": "{date}.npz", "gates": {"drift": {"most": "x"}}} | gates.drift.most
          {"model": "m", "store": "s", "samples": "{date}.npz", "gates": {"drift": {}}} | gates.drift.most
          {"model": "m", "store": "s", "samples": "{date}.npz", "window": {"last": 0}}  | window.last
          {"model": "m", "store": "s", "samples": "{date}.npz", "window": {"last": 1, "since": "2026-01-01"}} | window
          {"model": "m", "store": "s", "samples": "{date}.npz", "window": {"since": "2026-02-30"}} | window.since
          {"model": "m", "store": "s", "samples": "{date}.npz", "window": {"exclude": ["2026-02-03", "x"]}} | window.exclude[1]
          {"model": "m", "store": "s", "samples": "{date}.npz", "calibrator": "best"}   | calibrator
          {"model": "m", "store": "s", "samples": "{date}.npz", "calibrator": "reference"} | calibrator
          {"model": "m", "store": "s", "samples": "{date}.npz", "config": "no.json"}    | config
          {"model": "m", "store": "s", "samples": "{date}.npz", "config": {"is_qat": true, "steps": []}} | config
          {"model": "m", "store": "s", "samples": "{date}.npz", "heldOut": {"share": 1}} | heldOut.share
          {"model": "m", "store": "s", "samples": "{date}.npz", "hooks": {"webhook": "ftp://x"}} | hooks.webhook
          {"model": "m", "store": "s", "samples": "{date}.npz", "hooks": {"on": ["done"]}} | hooks.on[0]
          {"model": "m", "store": "s", "samples": "{date}.npz", "columns": "a:float99"} | columns
          {"model": "m", "store": "s", "samples": "{date}.npz", "images": {"size": 3}}  | images
          {"model": "m", "store": "s", "samples": "{date}.npz", "images": "no.json"}    | images
          {"model": "m", "store": "s", "samples": "{date}.npz", "controlFlow": "onnx"}  | controlFlow
          []                                                                            | the whole
          """)
  void requantize_wrongJob_pointsAtTheField(String job, String field) throws IOException {
    Files.writeString(store.jobFile(), job);
    Outcome outcome = store.requantize();
    assertThat(outcome.status()).isEqualTo(Main.NOT_UNDERSTOOD);
    assertThat(outcome.err().lines().toList()).hasSize(1);
    assertThat(outcome.err())
        .startsWith("error: The job " + store.jobFile().toRealPath())
        .contains(" is wrong at " + field + ": ");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(store.jobFile());
    }
  }

  @Test
  void requantize_jobIsNoJson_saysWhere() throws IOException {
    Files.writeString(store.jobFile(), "{\n  \"model\": }");
    Outcome outcome = store.requantize();
    assertThat(outcome.status()).isEqualTo(Main.NOT_UNDERSTOOD);
    assertThat(outcome.err()).contains("it is not JSON (line 2:").hasLineCount(1);
  }

  @Test
  void requantize_unknownGate_isRefused() throws IOException {
    store.job("{}");
    Outcome outcome = store.requantize("--accept", "paths");
    assertThat(outcome.status()).isEqualTo(Main.NOT_UNDERSTOOD);
    assertThat(outcome.err()).contains("'paths' is no gate that can be accepted").hasLineCount(1);
  }

  @Test
  void requantize_schema_isPrinted() {
    assertThat(Outcome.of("requantize", "--schema").out()).contains("\"title\": \"A nightly job");
  }
}
