package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program on a real conditional model, Beam's checks of every element switched on. */
class CommandLineTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");
  private static final Path SAMPLES = Fixture.path("early_exit_digits/calibration.npz");
  private static final Path HELD_OUT = Fixture.path("early_exit_digits/evaluation.npz");

  @TempDir private Path folder;

  @Test
  void quantize_anyParallelismAndOrder_givesTheSameBytes() throws IOException {
    quantize(SAMPLES, "one", 1);
    quantize(SAMPLES, "eight", 8);
    List<List<TensorData>> shuffled = new ArrayList<>(SampleSets.read(SAMPLES));
    Collections.shuffle(shuffled, new Random(7));
    quantize(SampleSets.write(folder.resolve("shuffled.npz"), shuffled), "shuffled", 2);

    for (String run : List.of("eight", "shuffled")) {
      for (String file : List.of("model.pt2", "statistics.avro")) {
        assertThat(bytes(run, file)).as("%s of %s", file, run).isEqualTo(bytes("one", file));
      }
    }
    assertThat(names("one"))
        .containsExactlyInAnyOrder(
            "model.pt2", "statistics.avro", "report.json", "report.html", "manifest.json");
  }

  @Test
  void quantize_withHeldOutSamples_tellsWhatItDid() {
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            SAMPLES,
            "--evaluate",
            HELD_OUT,
            "--output",
            folder.resolve("out"));

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .contains("with 128 samples")
        .containsPattern("main +128 samples +100.0 %")
        .containsPattern("main/true_graph_0 +\\d+ samples")
        .containsPattern("SQNR [12][0-9]\\.\\d\\d dB, top-1 agreement (9[89]|100)\\.")
        .contains("out/model.pt2");
  }

  @Test
  void convert_fromMergedHalves_givesWhatQuantizeGives() throws IOException {
    List<List<TensorData>> all = SampleSets.read(SAMPLES);
    Path a = SampleSets.write(folder.resolve("a.npz"), all.subList(0, 50));
    Path b = SampleSets.write(folder.resolve("b.npz"), all.subList(50, all.size()));
    quantize(SAMPLES, "whole", 2);
    assertThat(calibrate(a, "a").status()).isZero();
    assertThat(calibrate(b, "b").status()).isZero();
    Path merged = folder.resolve("merged.avro");

    Outcome merge =
        Outcome.of(
            "merge", "--statistics", statistics("b") + "," + statistics("a"), "--output", merged);
    Outcome convert =
        Outcome.of(
            "convert",
            "--model",
            MODEL,
            "--statistics",
            merged,
            "--output",
            folder.resolve("converted"));

    assertThat(merge.out()).contains("128 samples of 2 shards");
    assertThat(convert.status()).as(convert.err()).isZero();
    assertThat(bytes("converted", "model.pt2")).isEqualTo(bytes("whole", "model.pt2"));
    assertThat(Files.readAllBytes(merged)).isEqualTo(bytes("converted", "statistics.avro"));
  }

  @Test
  void convert_otherCalibrator_changesTheArtifact() throws IOException {
    quantize(SAMPLES, "histogram", 2);

    Outcome convert =
        Outcome.of(
            "convert",
            "--model",
            MODEL,
            "--statistics",
            statistics("histogram"),
            "--calibrator",
            "minmax",
            "--output",
            folder.resolve("minmax"));

    assertThat(convert.status()).as(convert.err()).isZero();
    assertThat(bytes("minmax", "statistics.avro")).isEqualTo(bytes("histogram", "statistics.avro"));
    assertThat(bytes("minmax", "model.pt2")).isNotEqualTo(bytes("histogram", "model.pt2"));
  }

  @Test
  void convert_calibratorsInTheConfiguration_needNoNewStatistics() throws IOException {
    quantize(SAMPLES, "plain", 2);
    Path mixed =
        Files.writeString(
            folder.resolve("mixed.json"),
            "{\"steps\": [[\"set_global\", {}]], \"calibrators\": [[\"set_global\", \"mse\"],"
                + " [\"set_module_name\", \"stem\", \"percentile:99.9\"]]}");

    assertThat(converted("plain", "mse", "--calibrator", "mse")).contains("\"mse\"");
    assertThat(converted("plain", "mixed", "--config", mixed)).contains("\"mse\"");
    assertThat(converted("plain", "over", "--config", mixed, "--calibrator", "minmax"))
        .contains("\"minmax\"");
    for (String run : List.of("mse", "mixed", "over")) {
      assertThat(bytes(run, "model.pt2")).isNotEqualTo(bytes("plain", "model.pt2"));
    }
    assertThat(bytes("mixed", "model.pt2")).isNotEqualTo(bytes("mse", "model.pt2"));
    assertThat(bytes("over", "model.pt2")).isNotEqualTo(bytes("mixed", "model.pt2"));
    assertThat(bytes("mixed", "statistics.avro")).isEqualTo(bytes("plain", "statistics.avro"));
  }

  @Test
  void quantize_unknownCalibrator_isAnError() throws IOException {
    assertThat(quantizing(SAMPLES, "--calibrator", "magic").error())
        .contains("--calibrator")
        .contains("magic")
        .contains("entropy");
    Path misspelt =
        Files.writeString(
            folder.resolve("c.json"),
            "{\"steps\": [[\"set_global\", {}]], \"calibrators\": [[\"set_node_name\", \"conv99\","
                + " \"mse\"]]}");
    assertThat(quantizing(SAMPLES, "--config", misspelt).error()).contains("conv99");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void convert_statisticsOfAnotherModel_isRefused() {
    assertThat(calibrate(SAMPLES, "digits").status()).isZero();

    Outcome convert =
        Outcome.of(
            "convert",
            "--model",
            Fixture.path("small_cnn/model.pt2"),
            "--statistics",
            statistics("digits"),
            "--output",
            folder.resolve("out"));

    assertThat(convert.error()).contains("they were made with the graph");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void merge_sameRunTwice_isRefused() {
    assertThat(calibrate(SAMPLES, "a").status()).isZero();

    Outcome merge =
        Outcome.of(
            "merge",
            "--statistics",
            statistics("a") + "," + statistics("a"),
            "--output",
            folder.resolve("merged.avro"));

    assertThat(merge.error()).contains("it would count twice");
    assertThat(folder.resolve("merged.avro")).doesNotExist();
  }

  @Test
  void quantize_finishedRunInFolder_isRefusedUnlessOverwritten() throws IOException {
    quantize(SAMPLES, "out", 2);
    byte[] before = bytes("out", "model.pt2");
    Files.delete(folder.resolve("out/report.html"));

    assertThat(calibrate(SAMPLES, "out").error()).contains("already holds a finished run");
    assertThat(names("out")).doesNotContain("report.html");

    Outcome again =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            SAMPLES,
            "--output",
            folder.resolve("out"),
            "--overwrite");
    assertThat(again.status()).as(again.err()).isZero();
    assertThat(bytes("out", "model.pt2")).isEqualTo(before);
    assertThat(names("out")).contains("report.html", "manifest.json");
  }

  @Test
  void quantize_pathThatNoSampleReached_saysHowManyWentWhere() throws IOException {
    Path few = SampleSets.write(folder.resolve("few.npz"), SampleSets.read(SAMPLES).subList(0, 1));

    Outcome outcome = quantizing(few);

    assertThat(outcome.error())
        .contains("main 1")
        .containsPattern("main/(true|false)_graph_0 0")
        .containsPattern("main/(true|false)_graph_0 1");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void quantize_unreachedPathAsFloat_isDone() throws IOException {
    Path few = SampleSets.write(folder.resolve("few.npz"), SampleSets.read(SAMPLES).subList(0, 1));

    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            few,
            "--output",
            folder.resolve("out"),
            "--unreached-path",
            "float");

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(Pt2Reader.read(folder.resolve("out/model.pt2")).graphs()).hasSize(3);
  }

  @Test
  void quantize_badSample_namesFileAndSample() throws IOException {
    List<List<TensorData>> samples = new ArrayList<>(SampleSets.read(SAMPLES));
    float[] values = samples.get(17).get(0).toFloats();
    values[5] = Float.NaN;
    samples.set(17, List.of(TensorData.ofFloats(values, samples.get(17).get(0).sizes())));
    Path bad = SampleSets.write(folder.resolve("bad.npz"), samples);

    Outcome refused = quantizing(bad);
    assertThat(refused.error()).contains("bad.npz#17").contains("element 5 is NaN");
    assertThat(folder.resolve("out")).doesNotExist();

    Outcome borne =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            bad,
            "--output",
            folder.resolve("out"),
            "--max-bad-samples",
            "1");
    assertThat(borne.status()).as(borne.err()).isZero();
    assertThat(borne.out()).contains("with 127 samples").contains("Set aside: 1 bad samples");
    assertThat(names("out")).contains("dead-letters.avro");
  }

  @Test
  void quantize_sampleOfWrongShape_namesFileAndSample() throws IOException {
    Path bad =
        SampleSets.write(
            folder.resolve("bad.npz"), List.of(List.of(TensorData.ofFloats(new float[64], 64))));

    assertThat(quantizing(bad).error()).contains("bad.npz#0").contains("float32[64]");
  }

  @Test
  void quantize_sampleWithTwoInputs_namesFileAndSample() throws IOException {
    TensorData input = SampleSets.read(SAMPLES).get(0).get(0);
    Path bad = SampleSets.write(folder.resolve("bad.npz"), List.of(List.of(input, input)));

    assertThat(quantizing(bad).error()).contains("bad.npz#0").contains("2 tensors");
  }

  @Test
  void quantize_noSamples_isAnError() throws IOException {
    assertThat(quantizing(SampleSets.write(folder.resolve("none.npz"), List.of())).error())
        .contains("No samples");
    assertThat(quantizing(folder.resolve("missing.npz")).error()).contains("no file matches");
  }

  @Test
  void quantize_noArchive_isAnError() throws IOException {
    Path text = Files.writeString(folder.resolve("text.pt2"), "hello");

    assertThat(
            Outcome.of(
                    "quantize",
                    "--model",
                    text,
                    "--samples",
                    SAMPLES,
                    "--output",
                    folder.resolve("out"))
                .error())
        .contains("text.pt2");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void quantize_negativeLimitOfBadSamples_isAnError() {
    assertThat(quantizing(SAMPLES, "--max-bad-samples", "-3").error())
        .contains("--max-bad-samples is -3");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void quantize_configurationThatIsNoText_writesNoControlCharacters() throws IOException {
    Path binary = Files.write(folder.resolve("c.json"), new byte[] {'P', 'K', 3, 4, 0, 27});

    assertThat(quantizing(SAMPLES, "--config", binary).error().strip())
        .contains("not JSON")
        .doesNotContainPattern("\\p{Cntrl}");
  }

  @Test
  void quantize_badConfiguration_isAnErrorBeforeAnythingRuns() throws IOException {
    Path unknown =
        Files.writeString(
            folder.resolve("c.json"), "{\"steps\": [[\"set_module_name\", \"nowhere\", {}]]}");

    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            SAMPLES,
            "--config",
            unknown,
            "--output",
            folder.resolve("out"));

    assertThat(outcome.error()).contains("nowhere");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void quantize_unknownBeamOption_isAnError() {
    assertThat(quantizing(SAMPLES, "--", "--noSuchOption=3").error()).contains("noSuchOption");
  }

  @Test
  void main_commandNotUnderstood_saysWhatToTry() {
    Outcome outcome = Outcome.of("quantize", "--model", MODEL);

    assertThat(outcome.status()).isEqualTo(Main.NOT_UNDERSTOOD);
    assertThat(outcome.err()).startsWith("error: Missing required options").contains("--help");
    assertThat(Outcome.of().err()).startsWith("error: No verb");
    assertThat(Outcome.of("--help").out()).contains("quantize").contains("inspect");
  }

  @Test
  void inspect_model_listsGraphsAndOperators() {
    Outcome outcome = Outcome.of("inspect", MODEL);

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out())
        .contains("main/true_graph_0")
        .containsPattern("in +x +float32\\[1, 1, 8, 8\\]")
        .containsPattern("1 higher_order.cond")
        .containsPattern("Runs on libtorch .*: yes");
  }

  @Test
  void inspect_pathOfNoFileSystem_saysWhichThereAre() {
    Outcome outcome = Outcome.of("inspect", "hdfs://host:8020/model.pt2");

    assertThat(outcome.status()).isEqualTo(Main.FAILED);
    assertThat(outcome.err())
        .startsWith("error: Cannot open paths that begin with hdfs:// because")
        .contains("--hdfsConfiguration behind --")
        .hasLineCount(1);
  }

  @Test
  void inspect_json_isTheListingForMachines() throws IOException {
    Outcome outcome = Outcome.of("inspect", MODEL, "--json");

    assertThat(outcome.status()).as(outcome.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(outcome.out());
    assertThat(json.path("runs").asBoolean()).isTrue();
    assertThat(json.path("graphs").findValuesAsText("path"))
        .containsExactly("main", "main/true_graph_0", "main/false_graph_0");
    assertThat(json.path("constants")).hasSize(15);
    assertThat(json.path("problems")).isEmpty();
  }

  @Test
  void run_floatModel_keepsItsOutputs() throws IOException {
    Path outputs = folder.resolve("outputs.npz");

    Outcome outcome = Outcome.of("run", MODEL, "--samples", HELD_OUT, "--output", outputs);

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(SampleSets.read(outputs)).hasSize(SampleSets.read(HELD_OUT).size());
  }

  private void quantize(Path samples, String run, int parallelism) {
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            samples,
            "--output",
            folder.resolve(run),
            "--",
            "--enforceImmutability=true",
            "--enforceEncodability=true",
            "--targetParallelism=" + parallelism);
    assertThat(outcome.status()).as(outcome.err()).isZero();
  }

  private Outcome quantizing(Path samples, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "quantize",
                "--model",
                MODEL,
                "--samples",
                samples,
                "--output",
                folder.resolve("out")));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray());
  }

  private Outcome calibrate(Path samples, String run) {
    return Outcome.of(
        "calibrate", "--model", MODEL, "--samples", samples, "--output", folder.resolve(run));
  }

  /** Converts the statistics of {@code run}; returns the report's part on conversion. */
  private String converted(String run, String to, Object... more) throws IOException {
    List<Object> arguments =
        new ArrayList<>(
            List.of("convert", "--model", MODEL, "--statistics", statistics(run), "--output"));
    arguments.add(folder.resolve(to));
    arguments.addAll(List.of(more));
    Outcome outcome = Outcome.of(arguments.toArray());
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return new ObjectMapper()
        .readTree(folder.resolve(to).resolve("report.json").toFile())
        .path("conversion")
        .toString();
  }

  private Path statistics(String run) {
    return folder.resolve(run).resolve("statistics.avro");
  }

  private byte[] bytes(String run, String file) throws IOException {
    return Files.readAllBytes(folder.resolve(run).resolve(file));
  }

  private List<String> names(String run) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(run))) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}
