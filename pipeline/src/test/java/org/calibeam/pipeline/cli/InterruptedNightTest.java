package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.FaultyFiles;
import org.calibeam.pipeline.observe.Hashes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nights on a file system whose process is killed at each of its writes in turn. */
class InterruptedNightTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @AfterEach
  void live() {
    FaultyFiles.live();
  }

  @Test
  void requantize_killedAtEachWrite_leavesAStoreThatTheNextRunGoesOnWith() throws IOException {
    NightlyStore nights = new NightlyStore(folder);
    nights.job(
        "{\"store\": \"faulty:%s/store\", \"heldOut\": {\"share\": 0.3, \"samples\": 5}, \"tolerance\": 0, \"gates\": {\"sqnrDropDb\": 100, \"top1Drop\": 1, \"flipRise\": 1}}"
            .formatted(folder));
    List<List<TensorData>> digits = NightlyStore.digits();
    nights.write(NightlyStore.FIRST, digits.subList(0, 40));
    assertThat(nights.requantize().status()).isZero();
    nights.write(NightlyStore.FIRST.plusDays(1), digits.subList(40, 60));
    Path base = folder.resolve("base");
    Path store = folder.resolve("store");
    copy(store, base);
    String before = current(store);

    FaultyFiles.dieAt(Integer.MAX_VALUE);
    Outcome whole = nights.requantize();
    int changes = FaultyFiles.live();
    assertThat(whole.status()).as(whole.out() + whole.err()).isZero();
    byte[] expected = model(store, current(store));
    assertThat(expected).isNotEqualTo(model(base, before));

    assertThat(changes).isGreaterThan(20);
    int late = 0;
    for (int n = 1; n <= changes; n++) {
      copy(base, store);
      FaultyFiles.dieAt(n);
      Outcome killed = nights.requantize();
      FaultyFiles.live();

      check(store, n);
      String now = current(store);
      boolean published = !now.equals(before);
      late += published ? 1 : 0;
      assertThat(killed.status() == 0 && !published).as("write %d", n).isFalse();
      assertThat(model(store, now)).isEqualTo(published ? expected : model(base, before));
      Outcome next = nights.requantize();
      assertThat(next.status())
          .as("after write %d: %s%s", n, next.out(), next.err())
          .isIn(0, RequantizeCommand.UNCHANGED);
      check(store, n);
      assertThat(left(store)).as("after write %d", n).isEmpty();
      assertThat(model(store, current(store))).as("after write %d", n).isEqualTo(expected);
    }
    // Killed after the switch, for example while the lock is given back.
    assertThat(late).isBetween(1, changes - 1);
  }

  private static String current(Path store) throws IOException {
    Path file = store.resolve("current.json");
    return JSON.readTree((Files.exists(file) ? file : store.resolve("current.json.next")).toFile())
        .path("run")
        .asText();
  }

  private static byte[] model(Path store, String run) throws IOException {
    return Files.readAllBytes(store.resolve("runs").resolve(run).resolve("model.pt2"));
  }

  /** What says that it is a run is one, to the last byte. */
  private static void check(Path store, int n) throws IOException {
    try (Stream<Path> runs = Files.list(store.resolve("runs"))) {
      for (Path run : runs.toList()) {
        if (!Files.exists(run.resolve("decision.json"))) {
          continue;
        }
        JsonNode decision = JSON.readTree(run.resolve("decision.json").toFile());
        assertThat(decision.path("decision").asText()).as("write %d", n).isNotEmpty();
        if (decision.path("decision").asText().equals("failed")) {
          continue;
        }
        for (JsonNode file : JSON.readTree(run.resolve("manifest.json").toFile()).path("files")) {
          assertThat(Hashes.of(Files.readAllBytes(run.resolve(file.path("name").asText()))))
              .as("write %d: %s", n, file)
              .isEqualTo(file.path("sha256").asText());
        }
      }
    }
  }

  /** What a killed night left that the next one did not take away. */
  private static List<Path> left(Path store) throws IOException {
    try (Stream<Path> files = Files.walk(store)) {
      return files
          .filter(Files::isRegularFile)
          .map(store::relativize)
          .filter(
              file ->
                  file.startsWith("work")
                      || file.startsWith("locks")
                      || file.endsWith("current.json.next")
                      || file.getFileName().toString().startsWith(".")
                      || file.startsWith("runs")
                          && !Files.exists(
                              store.resolve(file.subpath(0, 2)).resolve("decision.json")))
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      try (Stream<Path> files = Files.walk(to)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }
}
