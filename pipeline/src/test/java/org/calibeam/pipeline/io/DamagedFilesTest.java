package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.file.Codec;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.schemas.Sample;
import org.calibeam.schemas.SampleTensor;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mutated files: whatever is in them, a reader gives samples or an error that names the file, soon
 * and with little memory.
 */
class DamagedFilesTest {
  private static final int MUTANTS = 300;
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"npz", "npy", "avro", "deflate.avro", "snappy.avro", "bzip2.avro"})
  void read_mutatedFile_givesSamplesOrNamesTheFile(String ending) throws IOException {
    byte[] whole =
        switch (ending) {
          case "npz" -> archive();
          case "npy" -> NumpyFiles.array(new float[60], 20, 3);
          case "avro" -> container(CodecFactory.nullCodec());
          case "snappy.avro" -> container(CodecFactory.snappyCodec());
          case "bzip2.avro" -> container(CodecFactory.bzip2Codec());
          default -> container(CodecFactory.deflateCodec(6));
        };
    Path file = folder.resolve("mutant." + ending);
    for (int seed = 0; seed < MUTANTS; seed++) {
      Files.write(file, mutated(whole, new Random(seed)));
      Shard shard = new Shard(file.toString(), Files.size(file));
      int mutant = seed;
      Assertions.assertTimeoutPreemptively(
          SOON,
          () -> {
            try {
              SampleCollector.read(shard);
            } catch (SamplesException e) {
              assertThat(e).as("seed %d", mutant).hasMessageContaining(file.toString());
            }
          },
          "seed " + seed);
    }
  }

  @Test
  void read_archiveThatDeclaresMoreThanItHolds_takesNoMemoryForIt() throws IOException {
    byte[] bytes = archive();
    ByteBuffer directory = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < bytes.length - 46; at++) {
      if (directory.getInt(at) == 0x02014b50) {
        directory.putInt(at + 24, 0x3FFF_FFFF);
      }
    }
    Path file = Files.write(folder.resolve("bomb.npz"), bytes);

    SampleCollector read = SampleCollector.read(new Shard(file.toString(), bytes.length));

    assertThat(read.samples()).isEmpty();
    assertThat(read.unreadable()).hasSize(20).allMatch(r -> r.contains("declare"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"deflate", "bzip2"})
  void decompress_blockThatUnpacksToMoreThanTheLimit_stopsThere(String kind) throws IOException {
    boolean deflate = kind.equals("deflate");
    Codec codec =
        deflate ? new AvroCodecs.BoundedDeflate(1 << 20) : new AvroCodecs.BoundedBzip2(1 << 20);

    ByteBuffer fits = codec.compress(ByteBuffer.allocate(1 << 20));
    ByteBuffer bomb = codec.compress(ByteBuffer.allocate((1 << 20) + 1));

    assertThat(codec.decompress(fits)).isEqualTo(ByteBuffer.allocate(1 << 20));
    assertThatThrownBy(() -> codec.decompress(bomb)).hasMessageContaining("more than 1048576");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "deflate", "snappy"})
  void read_blockThatDeclaresMoreThanItHolds_isRefused(String codec) throws IOException {
    byte[] bytes = container(CodecFactory.fromString(codec));
    ByteBuffer sync = ByteBuffer.wrap(bytes, bytes.length - 16, 16).slice();
    int first = 16;
    while (!ByteBuffer.wrap(bytes, first - 16, 16).slice().equals(sync)) {
      first++;
    }
    // 2^60 samples, or 1 GiB of snappy, in a block of eight bytes.
    byte[] absurd =
        codec.equals("snappy")
            ? new byte[] {2, 16, -128, -128, -128, -128, 4, 0, 0, 0}
            : new byte[] {
              -128, -128, -128, -128, -128, -128, -128, -128, 32, 16, 0, 0, 0, 0, 0, 0, 0, 0
            };
    ByteBuffer mutant = ByteBuffer.allocate(first + absurd.length + 16);
    mutant.put(bytes, 0, first).put(absurd).put(sync.duplicate());
    Path file = Files.write(folder.resolve("absurd.avro"), mutant.array());

    assertThatThrownBy(() -> SampleCollector.read(new Shard(file.toString(), Files.size(file))))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("cannot hold what it declares");
  }

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    switch (random.nextInt(4)) {
      case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> {
        for (int i = 0; i < 8; i++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      }
      case 2 -> {
        int from = random.nextInt(bytes.length - 8);
        ByteBuffer.wrap(bytes).putLong(from, random.nextBoolean() ? -1 : random.nextLong());
      }
      default -> {
        int from = random.nextInt(bytes.length / 2);
        int to = random.nextInt(bytes.length / 2);
        System.arraycopy(bytes, from, bytes, to, random.nextInt(bytes.length / 2));
      }
    }
    return bytes;
  }

  private byte[] archive() throws IOException {
    Path file = folder.resolve("whole.npz");
    try (NpzWriter writer = new NpzWriter(Files.newOutputStream(file))) {
      for (int s = 0; s < 20; s++) {
        writer.write("%05d.0".formatted(s), TensorData.ofFloats(new float[] {s, 1, 2}, 3));
      }
    }
    return Files.readAllBytes(file);
  }

  private byte[] container(CodecFactory codec) throws IOException {
    Path file = folder.resolve("whole.avro");
    try (DataFileWriter<Sample> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(Sample.class))) {
      writer.setCodec(codec);
      writer.create(Sample.getClassSchema(), file.toFile());
      for (int s = 0; s < 20; s++) {
        ByteBuffer data = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        data.putFloat(0, s);
        List<SampleTensor> tensors = new ArrayList<>();
        tensors.add(new SampleTensor("float32", List.of(3L), data));
        writer.append(new Sample("sample-" + s, tensors, null));
      }
    }
    return Files.readAllBytes(file);
  }
}
