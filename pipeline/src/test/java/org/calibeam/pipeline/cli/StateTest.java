package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is run again, and what is not, when statistics of shards are kept. */
class StateTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");

  @TempDir private Path folder;
  private Path in = Path.of("");
  private Path state = Path.of("");
  private int runs;

  @BeforeEach
  void fourShards() throws IOException {
    in = Files.createDirectory(folder.resolve("in"));
    state = folder.resolve("state");
    List<List<TensorData>> all = SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
    for (int i = 0; i < 4; i++) {
      SampleSets.write(in.resolve("s" + i + ".npz"), all.subList(24 * i, 24 * (i + 1)));
    }
  }

  @Test
  void quantize_again_runsNothingAndGivesTheSameBytes() throws IOException {
    Path plain = run(MODEL);
    Path first = kept(0, 4, 0);
    Path second = kept(4, 0, 0);

    for (String file : List.of("model.pt2", "statistics.avro", "report.json")) {
      byte[] expected = Files.readAllBytes(plain.resolve(file));
      assertThat(first.resolve(file)).hasBinaryContent(expected);
      assertThat(second.resolve(file)).hasBinaryContent(expected);
    }
    JsonNode manifest = json(second.resolve("manifest.json"));
    assertThat(manifest.path("run")).isEqualTo(json(first.resolve("manifest.json")).path("run"));
    assertThat(manifest.at("/samples/expected").asLong()).isEqualTo(96);
    assertThat(manifest.at("/samples/observed").asLong()).isEqualTo(96);
    assertThat(manifest.at("/shards/3/observed").asLong()).isEqualTo(24);
  }

  @Test
  void quantize_oneNewShard_runsThatOne() throws IOException {
    kept(0, 4, 0);
    List<List<TensorData>> all = SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
    SampleSets.write(in.resolve("s4.npz"), all.subList(96, 128));

    Path grown = kept(4, 1, 0);

    assertThat(grown.resolve("model.pt2"))
        .hasBinaryContent(Files.readAllBytes(run(MODEL).resolve("model.pt2")));
  }

  /** A run that fails, or is killed, leaves whole entries or none. */
  @Test
  void quantize_afterARunThatFailed_runsOnlyWhatIsMissing() throws IOException {
    Path last = in.resolve("s3.npz");
    byte[] good = Files.readAllBytes(last);
    List<List<TensorData>> samples = new ArrayList<>(SampleSets.read(last));
    float[] broken = samples.get(20).get(0).toFloats();
    broken[3] = Float.NaN;
    samples.set(20, List.of(TensorData.ofFloats(broken, samples.get(20).get(0).sizes())));
    SampleSets.write(last, samples);

    // On one worker: another would go on with its shard, and keep it, after the run has failed.
    Outcome failed =
        quantize(MODEL, folder.resolve("failed"), "--state", state, "--", "--targetParallelism=1");
    assertThat(failed.status()).isEqualTo(Main.FAILED);
    int done = entries().size();
    assertThat(done).isLessThan(4);
    Files.write(last, good);

    kept(done, 4 - done, 0);
  }

  @Test
  void quantize_entriesMissing_runsThese() throws IOException {
    kept(0, 4, 0);
    List<Path> entries = entries();
    Files.delete(entries.get(1));
    // What a killed run leaves besides.
    Files.write(entries.get(2).resolveSibling(".half.part"), new byte[100]);

    kept(3, 1, 0);
  }

  @Test
  void quantize_byteOfAShardChanged_runsThatShard() throws IOException {
    kept(0, 4, 0);
    Path shard = in.resolve("s2.npz");
    List<List<TensorData>> samples = new ArrayList<>(SampleSets.read(shard));
    float[] values = samples.get(0).get(0).toFloats();
    values[0] += 0.5f;
    samples.set(0, List.of(TensorData.ofFloats(values, samples.get(0).get(0).sizes())));
    SampleSets.write(shard, samples);

    kept(3, 1, 0);
  }

  @Test
  void quantize_weightChanged_runsEverything() throws IOException {
    kept(0, 4, 0);

    kept(OneWeightChanged.of(MODEL, folder.resolve("changed.pt2")), 0, 4, 0);
    kept(4, 0, 0);
  }

  @Test
  void quantize_configurationChanged_runsEverythingUnlessOnlyCalibratorsDiffer()
      throws IOException {
    kept(0, 4, 0);
    Path field =
        Files.writeString(
            folder.resolve("c.json"),
            "{\"steps\": [[\"set_global\", {\"is_per_channel\": false}]]}");
    Path calibrators =
        Files.writeString(
            folder.resolve("d.json"),
            "{\"steps\": [[\"set_global\", {}]], \"calibrators\": [[\"set_global\", \"mse\"]]}");

    kept(MODEL, 0, 4, 0, "--config", field);
    kept(MODEL, 4, 0, 0, "--config", calibrators);
    kept(MODEL, 4, 0, 0, "--calibrator", "entropy");
    kept(MODEL, 0, 4, 0, "--preprocessing", "cropped");
  }

  @Test
  void quantize_unreadableEntry_isRunAgainAndSaidSo() throws IOException {
    Path first = kept(0, 4, 0);
    byte[] whole = Files.readAllBytes(entries().get(0));
    byte[] changed = whole.clone();
    changed[whole.length - 40] ^= 4;
    for (byte[] damaged : List.of(new byte[0], Arrays.copyOf(whole, whole.length / 2), changed)) {
      Files.write(entries().get(0), damaged);

      Path again = kept(3, 1, 1);

      assertThat(again.resolve("model.pt2"))
          .hasBinaryContent(Files.readAllBytes(first.resolve("model.pt2")));
      assertThat(entries().get(0)).hasBinaryContent(whole);
    }
    Files.write(entries().get(0), Files.readAllBytes(entries().get(1)));
    kept(4, 0, 0);
  }

  @Test
  void quantize_sameBytesUnderAnotherName_tellsItsOwnName() throws IOException {
    Path shard = in.resolve("s1.npz");
    List<List<TensorData>> samples = new ArrayList<>(SampleSets.read(shard));
    samples.set(5, List.of(TensorData.ofFloats(new float[63], 1, 1, 7, 9)));
    SampleSets.write(shard, samples);
    kept(MODEL, 0, 4, 0, "--max-bad-samples", 1);
    Files.move(shard, in.resolve("renamed.npz"));

    Path out = kept(MODEL, 4, 0, 0, "--max-bad-samples", 1);

    assertThat(json(out.resolve("report.json")).at("/badSamples/0/id").asText())
        .isEqualTo("renamed.npz#5");
    assertThat(quantize(MODEL, folder.resolve("strict"), "--state", state).status())
        .isEqualTo(Main.FAILED);
  }

  @Test
  void quantize_oneShardUnlikeTheOthers_isNamedWithOrWithoutState() throws IOException {
    JsonNode alike = json(run(MODEL).resolve("report.json")).path("data");
    Path shard = in.resolve("s2.npz");
    List<List<TensorData>> samples = new ArrayList<>(SampleSets.read(shard));
    float[] values = samples.get(3).get(0).toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] *= 30;
    }
    samples.set(3, List.of(TensorData.ofFloats(values, samples.get(3).get(0).sizes())));
    SampleSets.write(shard, samples);

    JsonNode data = json(run(MODEL).resolve("report.json")).path("data");

    JsonNode first = data.at("/moved/0");
    assertThat(data.path("shards").asInt()).isEqualTo(4);
    assertThat(data.path("moved").size()).isGreaterThan(alike.path("moved").size());
    assertThat(first.at("/leavingOut/shards/0").asText()).endsWith("s2.npz");
    assertThat(first.at("/leavingOut/scale").asDouble())
        .isLessThan(0.95 * first.path("scale").asDouble());
    assertThat(first.at("/greatest/shard").asText()).endsWith("s2.npz");
    assertThat(first.path("secondHalf").asDouble())
        .isGreaterThan(1.05 * first.path("firstHalf").asDouble());
    assertThat(json(kept(0, 4, 0).resolve("report.json")).path("data")).isEqualTo(data);
  }

  @Test
  void quantize_stateIsAFile_isAnError() throws IOException {
    Files.writeString(state, "hello");

    assertThat(quantize(MODEL, folder.resolve("out"), "--state", state).error())
        .contains("it is a file");
  }

  private Path kept(long kept, long run, long unreadable) throws IOException {
    return kept(MODEL, kept, run, unreadable);
  }

  /** Quantizes with the state and checks how many shards were run. */
  private Path kept(Path model, long kept, long run, long unreadable, Object... more)
      throws IOException {
    List<Object> arguments = new ArrayList<>(List.of("--state", state));
    arguments.addAll(List.of(more));
    Path out = run(model, arguments.toArray());
    JsonNode use = json(out.resolve("manifest.json")).path("state");
    assertThat(List.of(use.path("kept").asLong(), use.path("run").asLong()))
        .containsExactly(kept, run);
    assertThat(use.path("unreadable").asLong()).isEqualTo(unreadable);
    return out;
  }

  private Path run(Path model, Object... more) {
    Path out = folder.resolve("out" + runs++);
    Outcome outcome = quantize(model, out, more);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return out;
  }

  private Outcome quantize(Path model, Path out, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("quantize", "--model", model));
    Collections.addAll(arguments, "--samples", in + "/*.npz", "--output", out);
    Collections.addAll(arguments, more);
    return Outcome.of(arguments.toArray());
  }

  private List<Path> entries() throws IOException {
    if (!Files.exists(state)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(state)) {
      return files.filter(f -> f.toString().endsWith(".avro")).sorted().toList();
    }
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
