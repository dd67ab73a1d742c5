package org.calibeam.pipeline.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.apache.avro.file.DataFileConstants;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.schemas.Sample;
import org.calibeam.schemas.SampleTensor;

/**
 * Some blocks of an Avro container of {@link Sample}s. Samples are numbered from 0 in the file's
 * order.
 *
 * @param offset where the first block begins
 * @param first number of its first sample
 */
record AvroPart(Shard shard, long offset, long first, long samples) implements ShardPart {
  private static final int SYNC_BYTES = 16;

  /** Two numbers of at most ten bytes each, and what a block of snappy begins with. */
  private static final int BLOCK_HEADER_BYTES = 25;

  /** A sample has more than a byte, so a block that may be read does not hold more of them. */
  private static final long MAX_SAMPLES = Shard.MAX_TENSOR_BYTES;

  /** Avro takes memory for what a length in the file says; these bound it for the whole process. */
  private static void limitAvro() {
    limit("org.apache.avro.limits.bytes.maxLength", Shard.MAX_TENSOR_BYTES);
    limit("org.apache.avro.limits.string.maxLength", 1L << 20);
    limit("org.apache.avro.limits.collectionItems.maxLength", 1L << 16);
    AvroCodecs.bound();
  }

  private static void limit(String property, long value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Long.toString(value));
    }
  }

  /**
   * Walks over the headers of the blocks, which say how many samples each holds, without reading
   * what is in them.
   */
  static List<ShardPart> plan(Shard shard, ShardInput input) throws IOException {
    long position;
    boolean snappy;
    try (DataFileReader<Sample> reader = open(shard, input)) {
      position = reader.previousSync();
      snappy = "snappy".equals(reader.getMetaString(DataFileConstants.CODEC));
    }
    List<Block> blocks = blocks(input, position, snappy);
    PartSize size = PartSize.forFileOf(blocks.stream().mapToLong(Block::samples).sum());
    List<ShardPart> parts = new ArrayList<>();
    long start = position;
    long first = 0;
    long samples = 0;
    for (Block block : blocks) {
      if (samples > 0 && size.isExceededBy(samples + block.samples(), block.end() - start)) {
        parts.add(new AvroPart(shard, start, first, samples));
        first += samples;
        start = position;
        samples = 0;
      }
      samples += block.samples();
      position = block.end();
    }
    if (samples > 0) {
      parts.add(new AvroPart(shard, start, first, samples));
    }
    return parts;
  }

  private record Block(long samples, long end) {}

  private static List<Block> blocks(ShardInput input, long first, boolean snappy)
      throws IOException {
    ByteBuffer sync = input.read(first - SYNC_BYTES, SYNC_BYTES);
    List<Block> blocks = new ArrayList<>();
    long position = first;
    while (position < input.size()) {
      ByteBuffer header =
          input.read(position, Math.min(BLOCK_HEADER_BYTES, input.size() - position));
      long count = varint(header);
      long bytes = varint(header);
      long next = position + header.position() + bytes + SYNC_BYTES;
      if (count < 0 || bytes < 0 || next > input.size() || next < position) {
        throw new DamagedException("the block at byte %d is cut off".formatted(position));
      }
      if (count > MAX_SAMPLES
          || (snappy && bytes > 0 && !AvroCodecs.canBeSnappy(unsigned(header), bytes))) {
        throw new DamagedException(
            "the block at byte %d cannot hold what it declares".formatted(position));
      }
      if (!input.read(next - SYNC_BYTES, SYNC_BYTES).equals(sync)) {
        throw new DamagedException("the block at byte %d ends wrongly".formatted(position));
      }
      blocks.add(new Block(count, next));
      position = next;
    }
    return blocks;
  }

  /** Reads Avro's zig-zag number, at most ten bytes long. */
  private static long varint(ByteBuffer bytes) throws DamagedException {
    long value = unsigned(bytes);
    return (value >>> 1) ^ -(value & 1);
  }

  private static long unsigned(ByteBuffer bytes) throws DamagedException {
    long value = 0;
    for (int shift = 0; shift < 64 && bytes.hasRemaining(); shift += 7) {
      byte b = bytes.get();
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new DamagedException("a block has no length");
  }

  private static DataFileReader<Sample> open(Shard shard, ShardInput input) throws IOException {
    limitAvro();
    try {
      DataFileReader<Sample> reader =
          new DataFileReader<>(new AvroInput(input), new SpecificDatumReader<>(Sample.class));
      if (reader.getSchema().getField("tensors") == null) {
        reader.close();
        throw new DamagedException(
            "its records (%s) have no field 'tensors', they are no samples"
                .formatted(reader.getSchema().getFullName()));
      }
      return reader;
    } catch (DamagedException e) {
      throw e;
    } catch (RuntimeException | IOException e) { // damage makes Avro throw of many kinds
      throw new DamagedException("it is no Avro container (%s)".formatted(e.getMessage()), e);
    }
  }

  @Override
  public void read(Visitor all) {
    Visitor visitor = shard.share().visiting(all);
    shard.reading(
        input -> {
          try (DataFileReader<Sample> reader = open(shard, input)) {
            reader.seek(offset);
            for (long number = first; number < first + samples; number++) {
              visit(next(reader, number), new SampleId(shard.name(), number), visitor);
            }
          }
        });
  }

  private static Sample next(DataFileReader<Sample> reader, long number) throws DamagedException {
    try {
      return reader.next();
    } catch (RuntimeException e) { // damage makes Avro throw of many kinds
      throw new DamagedException(
          "sample %d cannot be decoded (%s)".formatted(number, e.getMessage()), e);
    }
  }

  private static void visit(Sample sample, SampleId id, Visitor visitor) {
    List<TensorData> inputs = new ArrayList<>();
    try {
      for (SampleTensor tensor : sample.getTensors()) {
        inputs.add(tensor(tensor));
      }
    } catch (DamagedException e) {
      String name = sample.getId().isEmpty() ? "" : " of " + sample.getId();
      visitor.unreadable(id, "argument %d%s: %s".formatted(inputs.size(), name, e.getMessage()));
      return;
    }
    Long label = sample.getLabel();
    visitor.sample(
        new InputSample(id, inputs, label == null ? OptionalLong.empty() : OptionalLong.of(label)));
  }

  private static TensorData tensor(SampleTensor tensor) throws DamagedException {
    try {
      DType dtype = DType.ofTorchName(tensor.getDtype());
      long bytes = dtype.bytes();
      for (long extent : tensor.getShape()) {
        if (extent < 0) {
          throw new DamagedException("its shape %s is absurd".formatted(tensor.getShape()));
        }
        bytes = Math.multiplyExact(bytes, extent);
      }
      ByteBuffer data = tensor.getData().slice().order(ByteOrder.LITTLE_ENDIAN);
      if (bytes != data.remaining()) {
        throw new DamagedException(
            "%s of shape %s needs %d bytes, there are %d"
                .formatted(dtype, tensor.getShape(), bytes, data.remaining()));
      }
      return TensorData.contiguous(dtype, Storage.of(data), NpyHeader.sizes(tensor.getShape()));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DamagedException(e.getMessage() == null ? "absurd shape" : e.getMessage(), e);
    }
  }
}
