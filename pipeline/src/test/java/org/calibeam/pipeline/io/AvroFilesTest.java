package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.specific.SpecificDatumWriter;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.schemas.Sample;
import org.calibeam.schemas.SampleTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AvroFilesTest {
  private static final int SAMPLES_IN_BLOCK = 5;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"null", "deflate"})
  void read_manyBlocks_givesEverySampleOnceInOrder(String codec) throws IOException {
    Shard shard = write(1000, CodecFactory.fromString(codec));

    List<ShardPart> parts = shard.parts();
    List<InputSample> samples = SampleCollector.read(shard).samples();

    assertThat(parts).hasSizeGreaterThan(3);
    assertThat(samples)
        .extracting(s -> s.id().number())
        .isEqualTo(LongStream.range(0, 1000).boxed().toList());
    assertThat(samples.get(717).inputs().get(0).toFloats()).containsExactly(717, 718);
    assertThat(samples.get(717).label()).isEqualTo(OptionalLong.of(7));
  }

  @Test
  void read_tensorOfWrongLength_reportsThatSampleAlone() throws IOException {
    Path file = folder.resolve("short.avro");
    try (DataFileWriter<Sample> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(Sample.class))) {
      writer.create(Sample.getClassSchema(), file.toFile());
      writer.append(sample(0));
      Sample wrong = sample(1);
      wrong.getTensors().get(0).setShape(List.of(3L));
      writer.append(wrong);
    }

    SampleCollector read = SampleCollector.read(new Shard(file.toString(), Files.size(file)));

    assertThat(read.samples()).hasSize(1);
    assertThat(read.unreadable())
        .containsExactly(
            "short.avro#1: argument 0 of sample-1: float32 of shape [3] needs 12 bytes, there are 8");
  }

  @Test
  void read_schemaWithoutLabelAndId_isResolved() throws IOException {
    Schema tensor =
        SchemaBuilder.record("SampleTensor")
            .namespace("org.calibeam.schemas")
            .fields()
            .requiredString("dtype")
            .name("shape")
            .type()
            .array()
            .items()
            .longType()
            .noDefault()
            .requiredBytes("data")
            .endRecord();
    Schema schema =
        SchemaBuilder.record("Sample")
            .namespace("org.calibeam.schemas")
            .fields()
            .name("tensors")
            .type(Schema.createArray(tensor))
            .noDefault()
            .endRecord();
    Path file = folder.resolve("older.avro");
    try (DataFileWriter<Object> writer = new DataFileWriter<>(new GenericDatumWriter<>(schema))) {
      writer.create(schema, file.toFile());
      writer.append(
          new GenericRecordBuilder(schema)
              .set(
                  "tensors",
                  List.of(
                      new GenericRecordBuilder(tensor)
                          .set("dtype", "uint8")
                          .set("shape", List.of(2L))
                          .set("data", ByteBuffer.wrap(new byte[] {1, 2}))
                          .build()))
              .build());
    }

    SampleCollector read = SampleCollector.read(new Shard(file.toString(), Files.size(file)));

    assertThat(read.samples().get(0).inputs().get(0).toLongs()).containsExactly(1, 2);
    assertThat(read.samples().get(0).label()).isEmpty();
  }

  @Test
  void parts_recordsThatAreNoSamples_areRefused() throws IOException {
    Schema schema = SchemaBuilder.record("Other").fields().requiredLong("x").endRecord();
    Path file = folder.resolve("other.avro");
    try (DataFileWriter<Object> writer = new DataFileWriter<>(new GenericDatumWriter<>(schema))) {
      writer.create(schema, file.toFile());
    }
    Shard shard = new Shard(file.toString(), Files.size(file));

    assertThatThrownBy(shard::parts)
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("other.avro")
        .hasMessageContaining("no field 'tensors'");
  }

  /** An Avro container has no end mark: one that ends after a block is whole, only shorter. */
  @Test
  void read_anyTruncation_failsWithTheNameOfTheFileUnlessBetweenBlocks() throws IOException {
    Shard whole = write(20, CodecFactory.nullCodec());
    byte[] bytes = Files.readAllBytes(Path.of(whole.path()));
    int readable = 0;
    for (int length = 0; length < bytes.length; length++) {
      Files.write(Path.of(whole.path()), Arrays.copyOf(bytes, length));
      try {
        int samples = SampleCollector.read(new Shard(whole.path(), length)).samples().size();
        assertThat(samples).isEqualTo(readable++ * SAMPLES_IN_BLOCK);
      } catch (SamplesException e) {
        assertThat(e).hasMessageContaining("samples.avro");
      }
    }
    assertThat(readable).isEqualTo(20 / SAMPLES_IN_BLOCK);
  }

  private Shard write(int count, CodecFactory codec) throws IOException {
    Path file = folder.resolve("samples.avro");
    try (DataFileWriter<Sample> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(Sample.class))) {
      writer.setCodec(codec);
      writer.create(Sample.getClassSchema(), file.toFile());
      for (int i = 0; i < count; i++) {
        writer.append(sample(i));
        if (i % SAMPLES_IN_BLOCK == SAMPLES_IN_BLOCK - 1) {
          writer.sync();
        }
      }
    }
    return new Shard(file.toString(), Files.size(file));
  }

  private static Sample sample(int i) {
    ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    data.putFloat(i).putFloat(i + 1f).flip();
    return new Sample(
        "sample-" + i, List.of(new SampleTensor("float32", List.of(2L), data)), (long) i % 10);
  }
}
