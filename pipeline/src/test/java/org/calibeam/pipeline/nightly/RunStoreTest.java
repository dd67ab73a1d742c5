package org.calibeam.pipeline.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.observe.Hashes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a local disk, and where there are neither folders nor links. */
class RunStoreTest {
  private static final Instant NOW = Instant.parse("2026-11-22T02:30:00Z");
  private static final List<String> NAMES = List.of("model.pt2", "report.json", "manifest.json");

  @TempDir private Path folder;

  @BeforeEach
  void files() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  private RunStore store(String scheme) {
    return RunStore.at(scheme + folder + "/store");
  }

  private Path work(RunId id) {
    return folder.resolve("store").resolve("work").resolve(id.text());
  }

  /** Prepares the files of a run. */
  private RunId prepare(RunStore store) throws IOException {
    RunId id = store.next(NOW);
    Path work = Files.createDirectories(work(id));
    byte[] model = ("model of " + id).getBytes(StandardCharsets.UTF_8);
    Files.write(work.resolve("model.pt2"), model);
    Files.writeString(work.resolve("report.json"), "{}");
    ObjectNode manifest = new ObjectMapper().createObjectNode();
    manifest.putArray("files").addObject().put("name", "model.pt2").put("sha256", Hashes.of(model));
    Files.writeString(work.resolve("manifest.json"), manifest.toString());
    return id;
  }

  private RunId keep(RunStore store, Decision.Kind kind) throws IOException {
    RunId id = prepare(store);
    store.keep(id, NAMES, Decision.of(id.text(), "job", kind, List.of("a test")).toBytes());
    return id;
  }

  private RunId publish(RunStore store) throws IOException {
    RunId id = keep(store, Decision.Kind.PUBLISHED);
    store.switchTo(id, "published", NOW);
    return id;
  }

  private static List<RunId> ids(RunStore store) {
    return store.runs().stream().map(RunStore.Run::id).toList();
  }

  private static RunId current(RunStore store) {
    return store.current().orElseThrow().run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "faulty:"})
  void prune_oldRuns_keepsTheNewestTheCurrentAndTheOneBefore(String scheme) throws IOException {
    RunStore store = store(scheme);
    RunId first = publish(store);
    RunId second = publish(store);
    RunId third = publish(store);
    RunId blocked = keep(store, Decision.Kind.BLOCKED);
    RunId last = keep(store, Decision.Kind.UNCHANGED);

    assertThat(store.prune(5)).isEmpty();
    assertThat(store.prune(1)).containsExactly(first, blocked);
    assertThat(ids(store)).containsExactly(second, third, last);
    assertThat(folder.resolve("store/runs/" + first + "/model.pt2")).doesNotExist();

    // The one before is where a rollback goes, so it stays whatever happens meanwhile.
    store.rollback("previous", NOW);
    assertThat(current(store)).isEqualTo(second);
    assertThat(store.prune(1)).isEmpty();
    assertThat(ids(store)).containsExactly(second, third, last);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "faulty:"})
  void next_newestRunsRemoved_neverGivesANumberTwice(String scheme) throws IOException {
    RunStore store = store(scheme);
    publish(store);
    RunId second = publish(store);
    Files.delete(folder.resolve("store/runs/" + second + "/decision.json"));
    store.recover(NOW);
    assertThat(store.next(NOW).number()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "faulty:"})
  void rollback_whatIsNotThere_isRefused(String scheme) throws IOException {
    RunStore store = store(scheme);
    assertThatThrownBy(() -> store.rollback("1", NOW))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("nothing is published");
    RunId first = publish(store);
    RunId blocked = keep(store, Decision.Kind.BLOCKED);
    publish(store);
    assertThatThrownBy(() -> store.rollback(blocked.text(), NOW))
        .hasMessageContaining("has no such published run")
        .hasMessageContaining(first.text());
    Files.writeString(folder.resolve("store/runs/" + first + "/model.pt2"), "other bytes");
    assertThatThrownBy(() -> store.rollback("1", NOW))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("its model.pt2 is damaged or missing");
    assertThat(current(store).number()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "faulty:"})
  void recover_afterBeingKilled_leavesWholeRunsOnly(String scheme) throws IOException {
    RunStore store = store(scheme);
    RunId first = publish(store);
    // Killed while moving, with files in work and in the statistics that were being kept.
    RunId half = prepare(store);
    Path run = Files.createDirectories(folder.resolve("store/runs/" + half));
    Files.move(work(half).resolve("model.pt2"), run.resolve("model.pt2"));
    Path state = Files.createDirectories(folder.resolve("store/state/ab"));
    Files.writeString(state.resolve(".cd-1.part"), "half");
    Files.writeString(state.resolve("cd.avro"), "whole");
    Files.writeString(folder.resolve("store/current.json.next"), "{\"run\": \"0000");

    assertThat(store.recover(NOW))
        .containsExactly("removed run %s, which was killed before its end".formatted(half));

    assertThat(ids(store)).containsExactly(first);
    assertThat(current(store)).isEqualTo(first);
    for (String gone :
        List.of("runs/" + half + "/model.pt2", "state/ab/.cd-1.part", "current.json.next")) {
      assertThat(folder.resolve("store").resolve(gone)).doesNotExist();
    }
    assertThat(work(half).resolve("report.json")).doesNotExist();
    assertThat(state.resolve("cd.avro")).hasContent("whole");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "faulty:"})
  void recover_killedBetweenDecisionAndSwitch_publishes(String scheme) throws IOException {
    RunStore store = store(scheme);
    publish(store);
    RunId second = keep(store, Decision.Kind.PUBLISHED);
    assertThat(store.recover(NOW).get(0)).contains("published run " + second);
    assertThat(current(store)).isEqualTo(second);
    assertThat(store.recover(NOW)).isEmpty();
    // After a rollback an older run is current, which is no reason to switch back.
    store.rollback("previous", NOW);
    assertThat(store.recover(NOW)).isEmpty();
    assertThat(current(store).number()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "faulty:"})
  void recover_oldCurrentDeletedBeforeTheNewCame_takesTheNew(String scheme) throws IOException {
    RunStore store = store(scheme);
    publish(store);
    RunId second = publish(store);
    Files.move(folder.resolve("store/current.json"), folder.resolve("store/current.json.next"));
    assertThat(current(store)).isEqualTo(second);
    assertThat(store.recover(NOW))
        .containsExactly("finished the switch that a killed run had begun");
    assertThat(folder.resolve("store/current.json")).exists();
    assertThat(current(store)).isEqualTo(second);
  }
}
