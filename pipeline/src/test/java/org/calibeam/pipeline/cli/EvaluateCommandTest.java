package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.assertj.core.data.Offset;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
import org.calibeam.pipeline.io.AvroShards;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleId;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares a quantized model with its float model, Beam's checks of every element on. */
class EvaluateCommandTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");

  /** What is computed here adds doubles one by one, which rounds each time. */
  private static final Offset<Double> ROUNDING = within(1e-9);

  private static final Path SAMPLES = Fixture.path("early_exit_digits/evaluation.npz");

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void quantize() {
    Outcome outcome =
        Outcome.of(
            "quantize",
            "--model",
            MODEL,
            "--samples",
            Fixture.path("early_exit_digits/calibration.npz"),
            "--output",
            shared);
    assertThat(outcome.status()).as(outcome.err()).isZero();
  }

  private static Path quantized() {
    return shared.resolve("model.pt2");
  }

  private Outcome evaluate(Object samples, String output, Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--model",
                MODEL,
                "--quantized",
                quantized(),
                "--samples",
                samples,
                "--output",
                folder.resolve(output)));
    all.addAll(List.of(more));
    return Outcome.of(all.toArray());
  }

  private JsonNode figures(String run) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(run).resolve("evaluation.json").toFile());
  }

  /** The samples with labels, cut into files of 20. */
  private Path labelled() throws IOException {
    Path files = folder.resolve("labelled");
    try (GraphRunner runner = GraphRunner.load(Pt2Reader.read(MODEL));
        AvroShards shards = new AvroShards(files.toString(), 20)) {
      int number = 0;
      for (List<TensorData> inputs : SampleSets.read(SAMPLES)) {
        long label = number % 3 == 0 ? 7 : largest(runner.run(inputs).get(0));
        shards.sample(new InputSample(new SampleId("s", number++), inputs, OptionalLong.of(label)));
      }
      shards.finish();
    }
    return files.resolve("*.avro");
  }

  private static long largest(TensorData logits) {
    float[] values = logits.toFloats();
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  @Test
  void evaluate_anyParallelism_givesTheSameBytes() throws IOException {
    Path samples = labelled();

    for (int workers : new int[] {1, 2, 8}) {
      Outcome outcome = evaluate(samples, "w" + workers, "--", "--targetParallelism=" + workers);
      assertThat(outcome.status()).as(outcome.err()).isZero();
    }

    byte[] one = Files.readAllBytes(folder.resolve("w1/evaluation.json"));
    assertThat(Files.readAllBytes(folder.resolve("w2/evaluation.json"))).isEqualTo(one);
    assertThat(Files.readAllBytes(folder.resolve("w8/evaluation.json"))).isEqualTo(one);
    assertThat(folder.resolve("w1/manifest.json")).exists();
  }

  @Test
  void evaluate_labelledSamples_givesWhatRunningBothOneByOneGives() throws IOException {
    Path samples = labelled();
    double signal = 0;
    double noise = 0;
    int agreed = 0;
    int right = 0;
    int quantizedRight = 0;
    int number = 0;
    List<List<TensorData>> all = SampleSets.read(SAMPLES);
    try (GraphRunner expecting = GraphRunner.load(Pt2Reader.read(MODEL));
        GraphRunner judged = GraphRunner.load(Pt2Reader.read(quantized()))) {
      for (List<TensorData> inputs : all) {
        TensorData expected = expecting.run(inputs).get(0);
        TensorData actual = judged.run(inputs).get(0);
        for (int i = 0; i < expected.elements(); i++) {
          double e = expected.toFloats()[i];
          double d = e - actual.toFloats()[i];
          signal += e * e;
          noise += d * d;
        }
        long label = number++ % 3 == 0 ? 7 : largest(expected);
        agreed += largest(expected) == largest(actual) ? 1 : 0;
        right += largest(expected) == label ? 1 : 0;
        quantizedRight += largest(actual) == label ? 1 : 0;
      }
    }

    Outcome outcome = evaluate(samples, "out");
    JsonNode figures = figures("out");
    JsonNode main = figures.at("/codePaths/0/all");

    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("SQNR").contains("top-1 accuracy, float");
    assertThat(figures.path("sqnrDb").asDouble())
        .isCloseTo(10 * Math.log10(signal / noise), ROUNDING);
    assertThat(main.at("/top1Agreement/value").asDouble()).isEqualTo((double) agreed / all.size());
    assertThat(main.at("/top1Accuracy/float/value").asDouble())
        .isEqualTo((double) right / all.size());
    assertThat(main.at("/top1Accuracy/quantized/value").asDouble())
        .isEqualTo((double) quantizedRight / all.size());
    int branches = 0;
    for (JsonNode path : figures.path("codePaths")) {
      branches += path.path("path").asText().contains("/") ? path.path("samples").asInt() : 0;
    }
    assertThat(branches).isEqualTo(all.size());
    assertThat(figures.path("tensors")).isNotEmpty();
  }

  @Test
  void evaluate_badSamples_areBorneUpToTheLimit() throws IOException {
    List<List<TensorData>> samples = new ArrayList<>(SampleSets.read(SAMPLES).subList(0, 6));
    samples.set(2, List.of(TensorData.ofFloats(new float[3], 3)));
    Path file = SampleSets.write(folder.resolve("some.npz"), samples);

    assertThat(evaluate(file, "none").error()).contains("some.npz#2").contains("--max-bad-samples");
    assertThat(folder.resolve("none")).doesNotExist();
    assertThat(evaluate(file, "one", "--max-bad-samples", 1).status()).isZero();
    assertThat(figures("one").path("samples").asInt()).isEqualTo(5);
    assertThat(figures("one").path("badSamples").asInt()).isEqualTo(1);
    assertThat(folder.resolve("one/dead-letters.avro")).exists();
  }

  @Test
  void evaluate_folderOfAnotherVerb_isLeftAlone() throws IOException {
    Files.createDirectories(folder.resolve("run"));
    Files.writeString(folder.resolve("run/manifest.json"), "{}");
    Files.writeString(folder.resolve("run/model.pt2"), "kept");

    assertThat(evaluate(SAMPLES, "run", "--overwrite").error()).contains("another verb");
    assertThat(folder.resolve("run/model.pt2")).hasContent("kept");
  }

  @Test
  void evaluate_anotherModelsArtifact_isAnError() {
    Outcome outcome =
        Outcome.of(
            "evaluate",
            "--model",
            MODEL,
            "--quantized",
            Fixture.path("small_cnn/model.pt2"),
            "--samples",
            SAMPLES,
            "--output",
            folder.resolve("out"));

    assertThat(outcome.status()).isEqualTo(Main.FAILED);
    assertThat(outcome.err()).contains("error: ");
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
