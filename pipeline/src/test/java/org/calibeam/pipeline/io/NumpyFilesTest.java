package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays as NumPy wrote them; {@code make_arrays.py} beside them says how. */
class NumpyFilesTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "i1,INT8",
    "i2_big,INT16",
    "i4,INT32",
    "i8_big,INT64",
    "u1,UINT8",
    "u2,UINT16",
    "u4,UINT32",
    "u8,UINT64"
  })
  void read_integerArray_givesEachSampleInItsType(String name, DType dtype) throws IOException {
    List<InputSample> samples = read("counting_" + name + ".npy").samples();

    assertThat(samples).hasSize(4);
    for (int i = 0; i < 4; i++) {
      TensorData tensor = samples.get(i).inputs().get(0);
      assertThat(tensor.dtype()).isEqualTo(dtype);
      assertThat(tensor.sizes()).containsExactly(3, 2);
      assertThat(tensor.toLongs()).isEqualTo(LongStream.range(6L * i, 6L * i + 6).toArray());
      assertThat(samples.get(i).id()).hasToString("counting_%s.npy#%d".formatted(name, i));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"f4", "f4_big", "f8", "fortran", "v2", "v3"})
  void read_floatArray_givesEachSample(String name) throws IOException {
    List<InputSample> samples = read("counting_" + name + ".npy").samples();

    assertThat(samples).hasSize(4);
    assertThat(samples.get(3).inputs().get(0).toFloats()).containsExactly(18, 19, 20, 21, 22, 23);
    assertThat(samples.get(3).inputs().get(0).sizes()).containsExactly(3, 2);
  }

  @Test
  void read_halfArray_keepsTheBits() throws IOException {
    TensorData tensor = read("counting_f2.npy").samples().get(0).inputs().get(0);

    assertThat(tensor.dtype()).isEqualTo(DType.FLOAT16);
    assertThat(tensor.toBytes().getShort(2)).isEqualTo((short) 0x3C00);
  }

  @Test
  void read_boolArray_givesZeroAndOne() throws IOException {
    TensorData tensor = read("counting_bool.npy").samples().get(0).inputs().get(0);

    assertThat(tensor.dtype()).isEqualTo(DType.BOOL);
    assertThat(tensor.toLongs()).containsExactly(0, 1, 0, 1, 0, 1);
  }

  @Test
  void read_bigEndianComplexArray_swapsEachHalf() throws IOException {
    TensorData tensor = read("complex.npy").samples().get(0).inputs().get(0);

    assertThat(tensor.dtype()).isEqualTo(DType.COMPLEX64);
    assertThat(tensor.toBytes().getFloat(0)).isEqualTo(1);
    assertThat(tensor.toBytes().getFloat(4)).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "objects.npy,'|O'",
    "structured.npy,no plain element type",
    "number.npy,no axis",
    "named.npz,called 'x'"
  })
  void parts_arrayThatIsNoSamples_isRefusedByName(String name, String why) throws IOException {
    Shard shard = shard(name);

    assertThatThrownBy(shard::parts)
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stored.npz", "deflated.npz"})
  void read_archive_givesAllArgumentsOfEachSample(String name) throws IOException {
    List<InputSample> samples = read(name).samples();

    assertThat(samples).hasSize(5);
    assertThat(samples.get(4).id()).isEqualTo(new SampleId(name, 4));
    assertThat(samples.get(4).inputs().get(0).toFloats()).containsExactly(4, 5, 6);
    assertThat(samples.get(4).inputs().get(1).toFloats()).containsExactly(4, 5, 6, 7);
  }

  @Test
  void read_fortranArrayInArchive_isPutInRowMajorOrder() throws IOException {
    TensorData tensor = read("fortran.npz").samples().get(0).inputs().get(0);

    assertThat(tensor.sizes()).containsExactly(2, 3);
    assertThat(tensor.toLongs()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void read_archiveWithMissingArgument_reportsThatSampleAlone() throws IOException {
    SampleCollector read = read("gap.npz");

    assertThat(read.samples()).extracting(s -> s.id().number()).containsExactly(0L);
    assertThat(read.unreadable()).containsExactly("gap.npz#1: argument 1: argument 1 is missing");
  }

  @Test
  void read_flippedByteInEntry_reportsTheChecksum() throws IOException {
    Shard shard = shard("stored.npz");
    Path file = Path.of(shard.path());
    byte[] bytes = Files.readAllBytes(file);
    bytes[150] ^= 1;
    Files.write(file, bytes);

    SampleCollector read = SampleCollector.read(shard);

    assertThat(read.samples()).hasSize(4);
    assertThat(read.unreadable())
        .containsExactly("stored.npz#0: argument 0: the entry's checksum is wrong");
  }

  @ParameterizedTest
  @ValueSource(strings = {"counting_f4.npy", "counting_fortran.npy", "stored.npz", "deflated.npz"})
  void read_anyTruncation_failsWithTheNameOfTheFile(String name) throws IOException {
    Shard whole = shard(name);
    byte[] bytes = Files.readAllBytes(Path.of(whole.path()));
    for (int length = 0; length < bytes.length; length += 7) {
      Files.write(Path.of(whole.path()), java.util.Arrays.copyOf(bytes, length));
      Shard cut = new Shard(whole.path(), length);

      assertThatThrownBy(() -> SampleCollector.read(cut))
          .as("%s cut to %d bytes", name, length)
          .isInstanceOf(SamplesException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void parts_manySamples_areCutTheSameWayWhateverTheName() throws IOException {
    Path file = folder.resolve("many.npy");
    Files.write(file, NumpyFiles.array(new float[1000], 1000));

    List<ShardPart> parts = new Shard(file.toString(), Files.size(file)).parts();

    assertThat(parts).hasSizeGreaterThan(2);
    assertThat(parts.stream().mapToLong(ShardPart::samples).sum()).isEqualTo(1000);
    List<Long> numbers = new ArrayList<>();
    parts.forEach(
        p -> SampleCollector.read(p).samples().forEach(s -> numbers.add(s.id().number())));
    assertThat(numbers).isEqualTo(LongStream.range(0, 1000).boxed().toList());
  }

  private SampleCollector read(String name) throws IOException {
    return SampleCollector.read(shard(name));
  }

  private Shard shard(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in =
        Objects.requireNonNull(NumpyFilesTest.class.getResourceAsStream(name), name)) {
      Files.copy(in, file);
    }
    return new Shard(file.toString(), Files.size(file));
  }
}
