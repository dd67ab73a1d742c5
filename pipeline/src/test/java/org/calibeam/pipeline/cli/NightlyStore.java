package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.SampleSets;
import org.calibeam.pipeline.observe.Hashes;

/**
 * A job over the digits of the demo in a folder of its own: writes partitions, runs nights, and
 * looks at the store as anyone could.
 */
final class NightlyStore {
  static final Path DEMO = Path.of("..", "deploy", "demo");
  static final LocalDate FIRST = LocalDate.of(2026, 11, 1);

  private static final ObjectMapper JSON = new ObjectMapper();

  final Path folder;
  private final long[] image;

  NightlyStore(Path folder) {
    this(folder, 1, 1, 8, 8);
  }

  /**
   * @param image the shape that the model takes
   */
  NightlyStore(Path folder, long... image) {
    this.folder = folder;
    this.image = image;
  }

  /** All real digits of the demo: 909 of them. */
  static List<List<TensorData>> digits() throws IOException {
    List<List<TensorData>> digits = new ArrayList<>();
    digits.addAll(SampleSets.read(DEMO.resolve("calibration.npz")));
    digits.addAll(SampleSets.read(DEMO.resolve("heldout.npz")));
    return digits;
  }

  /** Each value of each sample changed. */
  static List<List<TensorData>> changed(
      List<List<TensorData>> samples, UnaryOperator<Float> change) {
    List<List<TensorData>> all = new ArrayList<>();
    for (List<TensorData> sample : samples) {
      List<TensorData> inputs = new ArrayList<>();
      for (TensorData input : sample) {
        float[] values = input.toFloats();
        for (int i = 0; i < values.length; i++) {
          values[i] = change.apply(values[i]);
        }
        inputs.add(TensorData.ofFloats(values, input.sizes()));
      }
      all.add(inputs);
    }
    return all;
  }

  /** A job with the given fields over the defaults of these tests. */
  NightlyStore job(String fields) throws IOException {
    ObjectNode job =
        (ObjectNode)
            JSON.readTree(
                """
                {"model": "model.pt2", "samples": "samples/{date}/*.npz", "store": "store",
                 "heldOut": {"share": 0.1, "samples": 30}}
                """);
    job.setAll((ObjectNode) JSON.readTree(fields));
    Files.writeString(jobFile(), job.toString());
    if (!Files.exists(folder.resolve("model.pt2"))) {
      Files.copy(DEMO.resolve("model.pt2"), folder.resolve("model.pt2"));
    }
    return this;
  }

  Path jobFile() {
    return folder.resolve("job.json");
  }

  Path partition(LocalDate day) {
    return folder.resolve("samples").resolve(day.toString());
  }

  /** Writes the samples of a day, in two files. */
  void write(LocalDate day, List<List<TensorData>> samples) throws IOException {
    Files.createDirectories(partition(day));
    int half = samples.size() / 2;
    SampleSets.write(partition(day).resolve("a.npz"), samples.subList(0, half));
    SampleSets.write(partition(day).resolve("b.npz"), samples.subList(half, samples.size()));
  }

  Outcome requantize(Object... more) {
    Object[] arguments =
        Stream.concat(Stream.of("requantize", "--job", jobFile()), Stream.of(more)).toArray();
    return Outcome.of(arguments);
  }

  /** Runs a night that must end so; returns its decision. */
  JsonNode night(int status, Object... more) throws IOException {
    Outcome outcome = requantize(more);
    assertThat(outcome.status()).as(outcome.out() + outcome.err()).isEqualTo(status);
    check();
    return lastDecision();
  }

  JsonNode lastDecision() throws IOException {
    List<Path> runs = runs();
    return json(runs.get(runs.size() - 1).resolve("decision.json"));
  }

  List<Path> runs() throws IOException {
    try (Stream<Path> runs = Files.list(folder.resolve("store/runs"))) {
      return runs.sorted().toList();
    }
  }

  Path run(int number) throws IOException {
    String prefix = String.format(Locale.ROOT, "%06d-", number);
    return runs().stream()
        .filter(run -> run.getFileName().toString().startsWith(prefix))
        .findFirst()
        .orElseThrow();
  }

  String current() throws IOException {
    return json(folder.resolve("store/current.json")).path("run").asText();
  }

  byte[] currentModel() throws IOException {
    return Files.readAllBytes(folder.resolve("store/current/model.pt2"));
  }

  static JsonNode json(Path file) throws IOException {
    return JSON.readTree(file.toFile());
  }

  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    ((ArrayNode) list).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /**
   * The store is consistent: every run has its decision and all files that its manifest names, what
   * is current is a whole run that was published, can be read and runs, the history says the same,
   * and nothing else lies about.
   */
  void check() throws IOException {
    Path store = folder.resolve("store");
    for (Path run : runs()) {
      JsonNode decision = json(run.resolve("decision.json"));
      assertThat(decision.path("run").asText()).isEqualTo(run.getFileName().toString());
      assertThat(texts(decision.path("reasons"))).isNotEmpty();
      if (decision.path("decision").asText().equals("failed")) {
        continue;
      }
      for (JsonNode file : json(run.resolve("manifest.json")).path("files")) {
        assertThat(hash(run.resolve(file.path("name").asText())))
            .as("%s of %s", file.path("name").asText(), run)
            .isEqualTo(file.path("sha256").asText());
      }
    }
    if (Files.exists(store.resolve("current.json"))) {
      Path model = store.resolve("runs").resolve(current()).resolve("model.pt2");
      assertThat(runs(model)).isTrue();
      JsonNode switches = json(store.resolve("current.json")).path("switches");
      assertThat(switches.path(switches.size() - 1).path("run").asText()).isEqualTo(current());
      assertThat(store.resolve("current/model.pt2").toRealPath()).isEqualTo(model.toRealPath());
      assertThat(json(model.resolveSibling("decision.json")).path("decision").asText())
          .isEqualTo("published");
    }
    checkHistory();
    try (Stream<Path> files = Files.walk(store)) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(file -> store.relativize(file).toString())
                  .filter(file -> !file.matches("(runs/[^/]+|state/[^/]+)/[^./].*|current\\.json")))
          .isEmpty();
    }
  }

  private void checkHistory() throws IOException {
    Path current = folder.resolve("store/current.json");
    String published = Files.exists(current) ? current() : "";
    List<String> expected = new ArrayList<>();
    for (Path run : runs()) {
      String name = run.getFileName().toString();
      expected.add(0, (name.equals(published) ? "* " : "  ") + name);
    }
    assertThat(requantize("--history").out().lines().map(line -> line.replaceAll("(?<=Z) .*", "")))
        .containsExactlyElementsOf(expected);
  }

  private boolean runs(Path model) throws IOException {
    float[] pixels = new float[(int) Arrays.stream(image).reduce(1, Math::multiplyExact)];
    try (CompiledProgram compiled = CompiledProgram.of(Pt2Reader.read(model));
        GraphRunner runner = compiled.newRunner()) {
      return runner.run(List.of(TensorData.ofFloats(pixels, image))).get(0).elements() == 10;
    }
  }

  private static String hash(Path file) {
    try {
      return Hashes.of(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
