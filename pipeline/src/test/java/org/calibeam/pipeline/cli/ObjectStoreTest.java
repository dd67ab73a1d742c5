package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.ObjectStore;
import org.calibeam.pipeline.observe.Hashes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All files on a file system without folders, seeking and renaming, which may fill up. */
class ObjectStoreTest {
  private static final String BUCKET = "objects://bucket/";
  private static final String OUT = BUCKET + "out/";
  private static final String STATE = BUCKET + "state/";

  @TempDir private Path folder;

  @BeforeEach
  void put() throws IOException {
    ObjectStore.objects(BUCKET).clear();
    ObjectStore.objects(BUCKET).put(BUCKET + "model.pt2", fixture("model.pt2"));
    ObjectStore.objects(BUCKET).put(BUCKET + "in/a.npz", fixture("calibration.npz"));
  }

  @AfterEach
  void repair() {
    ObjectStore.repair();
  }

  @Test
  void quantize_objectStore_sameBytesAsOnDisk() throws IOException {
    Outcome there = quantize();
    Outcome here =
        Outcome.of(
            "quantize",
            "--model",
            Fixture.path("early_exit_digits/model.pt2"),
            "--samples",
            Fixture.path("early_exit_digits/calibration.npz"),
            "--output",
            folder.resolve("out"));

    assertThat(there.status()).as(there.err()).isZero();
    assertThat(here.status()).as(here.err()).isZero();
    assertThat(names())
        .containsExactly(
            "manifest.json", "model.pt2", "report.html", "report.json", "statistics.avro");
    for (String name : List.of("model.pt2", "statistics.avro")) {
      assertThat(ObjectStore.objects(OUT).get(OUT + name))
          .as(name)
          .isEqualTo(Files.readAllBytes(folder.resolve("out").resolve(name)));
    }
  }

  @Test
  void import_objectStore_leavesWholeFilesOnly() {
    Outcome imported =
        Outcome.of("import", "--samples", BUCKET + "in/*.npz", "--output", BUCKET + "shards");

    assertThat(imported.status()).as(imported.err()).isZero();
    assertThat(ObjectStore.objects(BUCKET + "shards/").keySet())
        .isNotEmpty()
        .allMatch(key -> key.endsWith(".avro"));
  }

  /**
   * The store fills up, or the process loses it, at every change that a run makes, one run for each
   * of them: whenever there is a manifest, everything that it lists is there.
   */
  @Test
  void convert_storeBreaksAtAnyChange_noManifestWithoutItsFiles() throws IOException {
    Outcome calibrated =
        Outcome.of(
            "calibrate",
            "--model",
            BUCKET + "model.pt2",
            "--samples",
            BUCKET + "in/*.npz",
            "--output",
            BUCKET + "statistics");
    assertThat(calibrated.status()).as(calibrated.err()).isZero();
    assertThat(convert().status()).isZero();
    Map<String, String> whole = hashes();

    int broken = 0;
    Outcome outcome;
    do {
      ObjectStore.breakAfter(broken);
      outcome = convert("--overwrite");
      boolean failed = ObjectStore.isBroken();
      ObjectStore.repair();
      if (failed && outcome.status() != 0) {
        assertThat(outcome.error()).contains("No space left on device");
      }
      assertManifestHolds();
      broken++;
    } while (outcome.status() != 0);

    assertThat(broken).isGreaterThan(10);
    assertThat(hashes()).isEqualTo(whole);
  }

  @Test
  void quantize_halfAnEntryOfTheState_isRunAgain() {
    assertThat(quantize("--state", STATE).status()).isZero();
    byte[] model = ObjectStore.objects(OUT).get(OUT + "model.pt2");
    SortedMap<String, byte[]> state = ObjectStore.objects(STATE);
    assertThat(state.keySet()).hasSize(1).allMatch(key -> key.endsWith(".avro"));
    byte[] entry = state.get(state.firstKey());
    state.put(state.firstKey(), Arrays.copyOf(entry, entry.length / 2));

    Outcome again = quantize("--state", STATE, "--overwrite");

    assertThat(again.status()).as(again.err()).isZero();
    assertThat(ObjectStore.objects(OUT).get(OUT + "model.pt2")).isEqualTo(model);
    assertThat(state.get(state.firstKey())).isEqualTo(entry);
  }

  @Test
  void quantize_storeIsFull_saysSoAndNothingIsTakenForFinished() {
    ObjectStore.breakAfter(1);

    assertThat(quantize().error())
        .contains("Cannot write to the output folder " + OUT)
        .contains("No space left on device");
    assertThat(names()).doesNotContain("manifest.json");
  }

  private static Outcome quantize(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("quantize", "--model", BUCKET + "model.pt2"));
    arguments.addAll(List.of("--samples", BUCKET + "in/*.npz", "--output", OUT));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray());
  }

  private static Outcome convert(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("convert", "--model", BUCKET + "model.pt2"));
    arguments.addAll(
        List.of("--statistics", BUCKET + "statistics/statistics.avro", "--output", OUT));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray());
  }

  private static void assertManifestHolds() throws IOException {
    byte[] manifest = ObjectStore.objects(OUT).get(OUT + "manifest.json");
    if (manifest == null || manifest.length == 0) {
      return;
    }
    for (JsonNode file : new ObjectMapper().readTree(manifest).path("files")) {
      assertThat(hashes()).containsEntry(file.path("name").asText(), file.path("sha256").asText());
    }
  }

  private static List<String> names() {
    return List.copyOf(hashes().keySet());
  }

  /** Of all but what a run that could not even clean up has left in its staging folder. */
  private static Map<String, String> hashes() {
    return ObjectStore.objects(OUT).entrySet().stream()
        .filter(e -> !e.getKey().startsWith(OUT + ".calibeam-"))
        .collect(
            Collectors.toMap(
                e -> e.getKey().substring(OUT.length()),
                e -> HexFormat.of().formatHex(Hashes.sha256().digest(e.getValue())),
                (a, b) -> a,
                TreeMap::new));
  }

  private static byte[] fixture(String name) throws IOException {
    return Files.readAllBytes(Fixture.path("early_exit_digits/" + name));
  }
}
