package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that pyarrow wrote; {@code make.py} beside them is how. */
class ParquetFilesTest {
  private static final int ROWS = 150;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd", "gzip", "lz4", "none"})
  void read_everyKindOfColumn_givesWhatWasWritten(String file) throws Exception {
    SampleCollector read =
        read(
            file,
            "image:float32:1x6,bytes:float32:2x3,fixed:float32:6,nested:float32:2x3,wide:float32,half,tokens,small,mask,number,inner.a,inner.b:int64");

    assertThat(read.unreadable()).isEmpty();
    assertThat(read.samples()).hasSize(ROWS);
    for (int i = 0; i < ROWS; i++) {
      List<TensorData> inputs = read.samples().get(i).inputs();
      float[] image = new float[6];
      float[] wide = new float[6];
      for (int k = 0; k < 6; k++) {
        image[k] = i + 0.25f * k;
        wide[k] = (float) (i / 3.0 + k);
      }
      assertThat(read.samples().get(i).id()).isEqualTo(new SampleId(file + ".parquet", i));
      assertThat(inputs.get(0)).isEqualTo(TensorData.ofFloats(image, 1, 6));
      assertThat(inputs.get(1)).isEqualTo(TensorData.ofFloats(image, 2, 3));
      assertThat(inputs.get(2)).isEqualTo(TensorData.ofFloats(image, 6));
      assertThat(inputs.get(3)).isEqualTo(TensorData.ofFloats(image, 2, 3));
      assertThat(inputs.get(4)).isEqualTo(TensorData.ofFloats(wide, 6));
      assertThat(inputs.get(5).dtype()).isEqualTo(DType.FLOAT16);
      assertThat(inputs.get(5).sizes()).containsExactly(2);
      // In half precision 2^k is (k + 15) << 10.
      if (Integer.bitCount(i) == 1) {
        assertThat(inputs.get(5).toBytes().getShort(0))
            .isEqualTo((short) ((Integer.numberOfTrailingZeros(i) + 15) << 10));
      }
      assertThat(inputs.get(6))
          .isEqualTo(TensorData.ofLongs(DType.INT32, new long[] {i % 7, -i, 100L * i}, 3));
      assertThat(inputs.get(7))
          .isEqualTo(TensorData.ofLongs(DType.UINT8, new long[] {i % 256, 255 - i % 256}, 2));
      assertThat(inputs.get(8).toBytes().get(0)).isEqualTo((byte) (i % 2 == 0 ? 1 : 0));
      assertThat(inputs.get(9)).isEqualTo(TensorData.ofLongs(DType.INT64, new long[] {i}));
      assertThat(inputs.get(10)).isEqualTo(TensorData.ofFloats(new float[] {i}, 1));
      assertThat(inputs.get(11)).isEqualTo(TensorData.ofLongs(DType.INT64, new long[] {i}));
    }
  }

  @Test
  void parts_ofOneGroupOfRows_areSeveral() throws Exception {
    assertThat(shard("none", "image").parts().stream().map(ShardPart::samples))
        .containsExactly(64L, 64L, 22L);
    assertThat(shard("snappy", "image").parts()).hasSize(5);
  }

  @Test
  void read_rowsThatMissSomething_areSetAside() throws Exception {
    SampleCollector read = read("snappy", "holes,number");

    assertThat(read.samples()).hasSize(ROWS - 45);
    assertThat(read.unreadable())
        .hasSize(45)
        .contains(
            "snappy.parquet#3: column 'holes': element 0 is missing",
            "snappy.parquet#4: column 'holes': element 1 is missing");
  }

  @Test
  void read_rowsOfAnotherShape_areSetAside() throws Exception {
    assertThat(read("snappy", "image:float32:7").unreadable())
        .hasSize(ROWS)
        .allMatch(r -> r.contains("needs 28 bytes, there are 24"));
    assertThat(read("snappy", "image:float32:5").unreadable())
        .hasSize(ROWS)
        .allMatch(r -> r.contains("there are more than 20 bytes"));
    assertThat(read("snappy", "tokens:int8").unreadable())
        .contains("snappy.parquet#2: column 'tokens': element 2: 200 is no int8");
  }

  @Test
  void read_columnsThatDoNotFit_areRefused() {
    assertThatThrownBy(() -> read("snappy", "picture"))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("snappy.parquet")
        .hasMessageContaining("no column 'picture'");
    assertThatThrownBy(() -> read("snappy", "inner")).hasMessageContaining("several parts");
    assertThatThrownBy(() -> read("snappy", "bytes")).hasMessageContaining("say what they are");
    assertThatThrownBy(() -> read("snappy", "image:int32"))
        .hasMessageContaining("holds float32, which cannot be read as int32");
    assertThatThrownBy(() -> read("brotli", "image")).hasMessageContaining("BROTLI");
    assertThatThrownBy(() -> new Shard(path("snappy").toString(), 1).parts())
        .hasMessageContaining("--columns");
  }

  @ParameterizedTest
  @ValueSource(strings = {"image:", "image:float31", "image:float32:3x", "", "a,,b"})
  void parse_columnsWrittenWrongly_areRefused(String columns) {
    if (columns.equals("image:")) {
      assertThatThrownBy(() -> Column.parse("image:Float32"))
          .isInstanceOf(ConfigurationException.class);
    } else {
      assertThatThrownBy(() -> Column.parse(columns))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("--columns");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd", "gzip", "lz4", "none"})
  void read_mutatedFile_givesSamplesOrAnErrorThatNamesIt(String kind) throws Exception {
    byte[] whole = Files.readAllBytes(path(kind));
    Path file = folder.resolve("mutant.parquet");
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      byte[] bytes = whole.clone();
      int from = seed % 2 == 0 ? 0 : bytes.length - 3000; // half of them in what describes the rest
      for (int i = 0; i < 1 + seed % 5; i++) {
        bytes[from + random.nextInt(bytes.length - from)] ^= (byte) (1 << random.nextInt(8));
      }
      if (seed % 10 == 0) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      Files.write(file, bytes);
      try {
        SampleCollector.read(
            new Shard(
                file.toString(),
                bytes.length,
                Reading.PLAIN.withColumns("image,bytes:float32,nested,tokens,mask,holes")));
      } catch (SamplesException e) {
        assertThat(e).as("seed %d", seed).hasMessageContaining(file.toString());
      }
    }
  }

  private static SampleCollector read(String file, String columns) throws Exception {
    return SampleCollector.read(shard(file, columns));
  }

  private static Shard shard(String file, String columns) throws Exception {
    Path path = path(file);
    return new Shard(path.toString(), Files.size(path), Reading.PLAIN.withColumns(columns));
  }

  private static Path path(String file) throws IOException, URISyntaxException {
    return Path.of(
        Objects.requireNonNull(ParquetFilesTest.class.getResource("parquet/" + file + ".parquet"))
            .toURI());
  }
}
