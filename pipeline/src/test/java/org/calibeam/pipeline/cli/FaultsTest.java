package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.calibeam.core.interp.Libtorch;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.Fixture;
import org.calibeam.pipeline.SampleSets;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.schemas.DeadLetter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong around a calibration, and what is left of it. */
class FaultsTest {
  private static final Path MODEL = Fixture.path("early_exit_digits/model.pt2");

  @TempDir private Path folder;
  private List<List<TensorData>> samples = List.of();

  @BeforeEach
  void samples() throws IOException {
    samples = SampleSets.read(Fixture.path("early_exit_digits/calibration.npz"));
  }

  @Test
  void quantize_poisonedSamples_becomeDeadLettersUpToTheLimit() throws IOException {
    List<List<TensorData>> some = new ArrayList<>(samples.subList(0, 96));
    float[] broken = some.get(7).get(0).toFloats();
    broken[2] = Float.POSITIVE_INFINITY;
    some.set(7, List.of(TensorData.ofFloats(broken, some.get(7).get(0).sizes())));
    some.set(50, List.of(TensorData.ofFloats(new float[6], 2, 3)));
    Path file = SampleSets.write(folder.resolve("some.npz"), some);

    Outcome borne = quantize(file, "--max-bad-samples", 2);

    assertThat(borne.status()).as(borne.err()).isZero();
    List<DeadLetter> letters = new ArrayList<>();
    try (DataFileReader<DeadLetter> reader =
        new DataFileReader<>(
            folder.resolve("out/dead-letters.avro").toFile(),
            new SpecificDatumReader<>(DeadLetter.class))) {
      reader.forEach(letters::add);
    }
    assertThat(letters)
        .extracting(DeadLetter::getId, DeadLetter::getStage, DeadLetter::getSource)
        .containsExactly(
            tuple("some.npz#7", "read", file.toString()),
            tuple("some.npz#50", "run", file.toString()));
    assertThat(letters.get(0).getReason()).contains("element 2 is Infinity");

    assertThat(quantize(file, "--max-bad-samples", 1, "--overwrite").error())
        .contains("--max-bad-samples allows 1");
    assertThat(folder.resolve("out/manifest.json")).exists();
  }

  @Test
  void quantize_truncatedFile_isNamedAndNothingIsLeft() throws IOException {
    Path npz = SampleSets.write(folder.resolve("cut.npz"), samples.subList(0, 64));
    assertThat(
            Outcome.of("import", "--samples", npz, "--output", folder, "--samples-per-file", "1000")
                .status())
        .isZero();
    Path avro = folder.resolve("samples-00000.avro");
    for (Path file : List.of(npz, avro)) {
      byte[] whole = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(whole, whole.length / 2));

      assertThat(quantize(file).error()).contains(file.toString());
      assertThat(folder.resolve("out")).doesNotExist();
    }
  }

  @Test
  void read_fileThatVanishedAfterItWasPlanned_isNamed() throws IOException {
    Path file = SampleSets.write(folder.resolve("gone.npz"), samples.subList(0, 8));
    List<ShardPart> parts = new Shard(file.toString(), Files.size(file)).parts();
    Files.delete(file);

    assertThatThrownBy(() -> parts.get(0).read(new Ignoring()))
        .isInstanceOf(SamplesException.class)
        .hasMessageStartingWith("Cannot read the samples in " + file);
  }

  /** Linux's {@code /dev/full} is a disk without room for whoever may write. */
  @Test
  void import_fullDisk_saysSoAndLeavesNoFileThatLooksWhole() throws IOException {
    Path file = SampleSets.write(folder.resolve("some.npz"), samples);
    Path out = Files.createDirectory(folder.resolve("shards"));
    Files.createSymbolicLink(out.resolve("samples-00000.avro.part"), Path.of("/dev/full"));

    assertThat(Outcome.of("import", "--samples", file, "--output", out).error())
        .contains("Cannot write the samples to " + out)
        .contains("No space left");
    assertThat(out.resolve("samples-00000.avro")).doesNotExist();
  }

  @Test
  void quantize_interrupted_endsAndLeavesNothing() throws Exception {
    Libtorch.preload();
    for (int i = 0; i < 100; i++) {
      SampleSets.write(folder.resolve("s%02d.npz".formatted(i)), samples);
    }
    Process process = start(folder.resolve("s*.npz"));
    try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
      String line = err.readLine();
      while (line != null && !line.contains("\"progress\"")) {
        line = err.readLine();
      }
      assertThat(line).as("a line of progress").isNotNull();
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      err.lines().forEach(l -> {});
    }

    assertThat(process.waitFor()).isEqualTo(128 + 2);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  /** A process that heeds SIGINT even if this one was started without. */
  private Process start(Path file) throws IOException {
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:-UsePerfData",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of("quantize", "--json", "--model", MODEL.toString()));
    command.addAll(
        List.of("--samples", file.toString(), "--output", folder.resolve("out").toString()));
    return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private Outcome quantize(Path file, Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("quantize", "--model", MODEL));
    arguments.addAll(List.of("--samples", file, "--output", folder.resolve("out")));
    arguments.addAll(List.of(more));
    return Outcome.of(arguments.toArray());
  }

  private static final class Ignoring implements ShardPart.Visitor {
    @Override
    public void sample(InputSample sample) {}

    @Override
    public void unreadable(SampleId id, String reason) {}
  }
}
