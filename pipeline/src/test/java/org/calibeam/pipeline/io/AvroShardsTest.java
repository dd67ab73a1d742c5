package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvroShardsTest {
  @TempDir private Path folder;

  private static InputSample sample(int i) {
    return new InputSample(
        new SampleId("a.npz", i),
        List.of(
            TensorData.ofFloats(new float[] {i, -i, 0.5f}, 3),
            TensorData.ofFloats(new float[] {i})),
        i % 2 == 0 ? OptionalLong.of(i) : OptionalLong.empty());
  }

  private static List<Path> write(Path to, int samples, int perFile) throws IOException {
    try (AvroShards shards = new AvroShards(to.toString(), perFile)) {
      for (int i = 0; i < samples; i++) {
        shards.sample(sample(i));
      }
      shards.finish();
    }
    try (var files = Files.list(to)) {
      return files.sorted().toList();
    }
  }

  @Test
  void sample_moreThanFitIntoAFile_beginsAnother() throws IOException {
    List<Path> files = write(folder.resolve("out"), 5, 2);

    assertThat(files)
        .extracting(file -> file.getFileName().toString())
        .containsExactly("samples-00000.avro", "samples-00001.avro", "samples-00002.avro");
    List<ContentHash> read = new ArrayList<>();
    List<ContentHash> written = new ArrayList<>();
    for (Path file : files) {
      SampleCollector.read(new Shard(file.toString(), Files.size(file)))
          .samples()
          .forEach(sample -> read.add(ContentHash.of(sample)));
    }
    for (int i = 0; i < 5; i++) {
      written.add(ContentHash.of(sample(i)));
    }
    assertThat(read).containsExactlyElementsOf(written);
  }

  @Test
  void finish_sameSamples_givesSameBytes() throws IOException {
    Path a = write(folder.resolve("a"), 3, 10).get(0);
    Path b = write(folder.resolve("b"), 3, 10).get(0);

    assertThat(b).hasSameBinaryContentAs(a);
  }

  @Test
  void close_unfinished_leavesNothing() throws IOException {
    try (AvroShards shards = new AvroShards(folder.resolve("out").toString(), 10)) {
      shards.sample(sample(0));
    }

    assertThat(folder.resolve("out")).isEmptyDirectory();
  }

  @Test
  void unreadable_anySample_isAnErrorThatNamesIt() throws IOException {
    try (AvroShards shards = new AvroShards(folder.resolve("out").toString(), 10)) {
      assertThatThrownBy(() -> shards.unreadable(new SampleId("a.npz", 7), "it is cut off"))
          .isInstanceOf(SamplesException.class)
          .hasMessageContaining("a.npz#7");
    }
  }
}
