package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.observe.ModelFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lives through thirty nights with real digits. The store is looked at after each. */
class ThirtyNightsTest {
  private static final int A_NIGHT = 30;
  private static final String GATES =
      "\"gates\": {\"minSamplesPerPath\": 5, \"vanishedPath\": \"block\"}";
  private static final String JOB =
      "{\"window\": {\"last\": 7%s}, \"retention\": {\"runs\": 12}, " + GATES + "%s}";

  @TempDir private Path folder;
  private NightlyStore store = new NightlyStore(Path.of(""));
  private List<List<TensorData>> digits = List.of();
  private int night;
  private int taken;

  private LocalDate today() {
    return NightlyStore.FIRST.plusDays(night);
  }

  /** Digits that no night has had yet, from the beginning again when all were there. */
  private List<List<TensorData>> fresh() {
    List<List<TensorData>> some = new ArrayList<>();
    for (int i = 0; i < A_NIGHT; i++) {
      some.add(digits.get(taken++ % digits.size()));
    }
    return some;
  }

  private JsonNode goodNight() throws IOException {
    night++;
    store.write(today(), fresh());
    return ends("published", "unchanged");
  }

  /** Runs the job; it must end in one of these ways. */
  private JsonNode ends(String... decisions) throws IOException {
    return ends(List.of(), decisions);
  }

  private JsonNode ends(List<Object> arguments, String... decisions) throws IOException {
    String before = Files.exists(folder.resolve("store/current.json")) ? store.current() : "";
    byte[] model = before.isEmpty() ? new byte[0] : store.currentModel();
    Outcome outcome = store.requantize(arguments.toArray());
    JsonNode decision = store.lastDecision();
    String is = decision.path("decision").asText();
    assertThat(is)
        .as("night %d: %s%s%s", night, outcome.out(), outcome.err(), decision.toPrettyString())
        .isIn((Object[]) decisions);
    assertThat(outcome.status())
        .isEqualTo(List.of("published", "failed", "?", "unchanged", "blocked").indexOf(is));
    store.check();
    if (is.equals("published")) {
      assertThat(store.current()).isEqualTo(decision.path("run").asText());
    } else {
      assertThat(store.current()).isEqualTo(before);
      assertThat(store.currentModel()).isEqualTo(model);
    }
    return decision;
  }

  private static String reason(JsonNode decision) {
    return String.join("; ", NightlyStore.texts(decision.path("reasons")));
  }

  @Test
  void requantize_thirtyNights_neverPublishesWhatIsWorse() throws Exception {
    store = new NightlyStore(folder);
    digits = NightlyStore.digits();
    store.job(JOB.formatted("", ""));

    // 1 to 6: the data grows.
    assertThat(reason(goodNight())).isEqualTo("the first model of this store");
    for (int i = 0; i < 5; i++) {
      JsonNode decision = goodNight();
      assertThat(decision.at("/state/run").asInt()).isEqualTo(2);
      assertThat(decision.at("/state/kept").asInt()).isEqualTo(2 * (night - 1));
    }

    // 7: no data at all.
    night++;
    JsonNode idle = ends("unchanged", "published");
    assertThat(idle.at("/state/run").asInt()).isZero();
    goodNight(); // 8
    goodNight(); // 9

    corruptedNights(); // 10 to 13
    nightWithoutAPath(); // 14
    badNights(); // 15, 16
    killedNight(); // 17
    goodNight(); // 18
    rollback(); // 19
    configurations(); // 20, 21
    models(); // 22, 23
    for (int i = 0; i < 7; i++) { // to 30
      goodNight();
    }

    assertThat(night).isEqualTo(30);
    assertThat(store.runs().size()).isBetween(12, 14);
  }

  private void corruptedNights() throws IOException {
    night++;
    List<List<TensorData>> good = fresh();
    store.write(today(), NightlyStore.changed(good, x -> 1 - x));
    JsonNode inverted = ends("blocked");
    assertThat(reason(inverted)).contains("in " + today()).contains("Jensen-Shannon distance");

    // It stays blocked until somebody does something about it.
    LocalDate wrong = today();
    night++;
    store.write(today(), fresh());
    assertThat(reason(ends("blocked"))).contains("in " + wrong).doesNotContain("in " + today());
    store.job(JOB.formatted(", \"exclude\": [\"" + wrong + "\"]", ""));
    ends("published", "unchanged");
    store.write(wrong, good);
    store.job(JOB.formatted("", ""));
    ends("published", "unchanged");

    night++;
    store.write(today(), NightlyStore.changed(fresh(), x -> 100 * x));
    assertThat(reason(ends("blocked")))
        .contains("lie beyond the published range")
        .contains("differs by a factor of");
    store.write(today(), fresh());
    ends("published", "unchanged");
    goodNight();
  }

  private void nightWithoutAPath() throws IOException {
    night++;
    List<List<TensorData>> early = new ArrayList<>();
    for (int i = 0; early.size() < A_NIGHT; i++) {
      if (paths(digits.get(i)).contains(new CodePath("main/true_graph_0"))) {
        early.add(digits.get(i));
      }
    }
    store.write(today(), early);
    assertThat(reason(ends("blocked")))
        .contains("no sample of " + today() + " takes code path main/false_graph_0");
    JsonNode accepted =
        ends(List.of("--accept", "vanished,drift,saturation,scale"), "published", "unchanged");
    assertThat(NightlyStore.texts(accepted.path("warnings")))
        .anySatisfy(warning -> assertThat(warning).startsWith("accepted: no sample of "));

    // A window of that night alone leaves nothing to calibrate the path with.
    store.job("{\"window\": {\"last\": 1}, " + GATES + "}");
    assertThat(reason(ends("blocked"))).contains("fewer than 5 samples of the window take");
    store.job(JOB.formatted("", ""));
  }

  private List<CodePath> paths(List<TensorData> sample) {
    List<CodePath> taken = new ArrayList<>();
    try (CompiledProgram compiled =
            CompiledProgram.of(ModelFile.of(folder.resolve("model.pt2").toString()).read());
        GraphRunner runner = compiled.newRunner()) {
      runner.run(
          sample,
          new ForwardListener() {
            @Override
            public void enter(CodePath path) {
              taken.add(path);
            }

            @Override
            public void observe(ObserverId id, ObservedTensor value) {}
          });
    }
    return taken;
  }

  private void badNights() throws IOException {
    night++;
    List<List<TensorData>> bad = new ArrayList<>(fresh());
    bad.set(3, NightlyStore.changed(bad, x -> Float.NaN).get(3));
    store.write(today(), bad);
    assertThat(reason(ends("blocked"))).contains("1 bad samples, 0 may be").contains("a.npz");
    store.write(today(), fresh());
    ends("published", "unchanged");

    night++;
    store.write(today(), fresh());
    Path file = store.partition(today()).resolve("b.npz");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertThat(reason(ends("failed"))).contains("b.npz");
    Files.write(file, whole);
    ends("published", "unchanged");
  }

  /** Another process, killed for good as soon as it has begun to write. */
  private void killedNight() throws IOException, InterruptedException {
    night++;
    store.write(today(), fresh());
    String before = store.current();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                Main.class.getName(),
                "requantize",
                "--job",
                store.jobFile().toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("killed.log").toFile())
            .start();
    Path work = folder.resolve("store/work");
    while (process.isAlive() && !hasFiles(work)) {
      process.waitFor(1, TimeUnit.MILLISECONDS);
    }
    // Stopped, it still lives and holds the lock, however long this process takes.
    new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
    boolean within = process.isAlive() && hasFiles(folder.resolve("store/locks"));
    if (within) {
      Outcome second = store.requantize();
      assertThat(second.status()).as(second.out()).isEqualTo(RequantizeCommand.IN_USE);
      assertThat(second.err()).contains("process " + process.pid()).hasLineCount(1);
    }
    process.destroyForcibly().waitFor();
    // It may have been stopped after its last deed.
    List<Path> runs = store.runs();
    assertThat(store.current())
        .as(Files.readString(folder.resolve("killed.log")))
        .isIn(before, runs.get(runs.size() - 1).getFileName().toString());
    Outcome next = store.requantize();
    assertThat(next.status()).as(next.out() + next.err()).isIn(0, RequantizeCommand.UNCHANGED);
    store.check();
  }

  private static boolean hasFiles(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return false;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.anyMatch(Files::isRegularFile);
    } catch (NoSuchFileException | UncheckedIOException e) {
      return true; // the folder itself, or something in it, was just removed
    }
  }

  private void rollback() throws IOException {
    night++;
    String left = store.current();
    byte[] leftModel = store.currentModel();
    Outcome back = store.requantize("--rollback", "previous");
    assertThat(back.status()).as(back.err()).isZero();
    store.check();
    assertThat(store.current()).isNotEqualTo(left);
    assertThat(store.requantize("--rollback", store.current()).error()).contains("is the current");
    assertThat(store.requantize("--rollback", "4711").error()).contains("no such published run");

    // What was left does not come back by itself, but a person may bring it back.
    assertThat(reason(ends("blocked"))).contains("run " + left + ", which was rolled back");
    assertThat(store.requantize("--rollback", left).status()).isZero();
    store.check();
    assertThat(store.currentModel()).isEqualTo(leftModel);
    ends("unchanged");
  }

  private void configurations() throws IOException {
    night++;
    store.job(JOB.formatted("", ", \"calibrator\": \"minmax\""));
    JsonNode calibrator = ends("published");
    assertThat(calibrator.at("/state/run").asInt()).isZero();

    night++;
    store.job(
        JOB.formatted(
            "", ", \"config\": {\"steps\": [[\"set_global\", {\"is_per_channel\": false}]]}"));
    JsonNode config = ends("published");
    assertThat(config.at("/state/kept").asInt()).isZero();
    assertThat(config.at("/state/run").asInt()).isEqualTo(14);

    store.job(JOB.formatted("", ""));
    assertThat(ends("published").at("/state/run").asInt()).isZero();
  }

  /** The demo's model with one bit of one weight changed. */
  private void models() throws IOException {
    night++;
    Path model = folder.resolve("model.pt2");
    Path old = Files.copy(model, folder.resolve("old.pt2"));
    Files.move(
        OneWeightChanged.of(old, folder.resolve("new.pt2")),
        model,
        StandardCopyOption.REPLACE_EXISTING);
    JsonNode changed = ends("published");
    assertThat(reason(changed)).contains("a new lineage");
    assertThat(changed.path("lineage")).isNotEqualTo(changed.path("publishedLineage"));
    assertThat(changed.at("/state/kept").asInt()).isZero();
    assertThat(changed.at("/state/run").asInt()).isEqualTo(14);
    assertThat(goodNight().at("/state/run").asInt()).isEqualTo(2);
  }
}
