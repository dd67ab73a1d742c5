package org.calibeam.pipeline.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/**
 * Some samples of a {@code .npy} file: its first axis counts samples, each of which is the one
 * argument of the model.
 *
 * @param first number of the first sample
 */
record NpyPart(Shard shard, NpyHeader header, long first, long samples) implements ShardPart {

  static List<ShardPart> plan(Shard shard, ShardInput input) throws IOException {
    ByteBuffer prefix = input.read(0, Math.min(input.size(), NpyHeader.PREFIX_BYTES));
    int dataOffset = NpyHeader.dataOffset(prefix);
    NpyHeader header = NpyHeader.parse(input.read(0, dataOffset));
    long bytes = header.dataBytes();
    if (bytes != input.size() - dataOffset) {
      throw shard.damaged(
          "%s of shape %s needs %d bytes, there are %d"
              .formatted(header.dtype(), header.shape(), bytes, input.size() - dataOffset));
    }
    if (header.shape().isEmpty()) {
      throw shard.damaged("its array has no axis, the first one counts samples");
    }
    long count = header.shape().get(0);
    long sampleBytes = header.bytes(header.shape().subList(1, header.shape().size()));
    if (sampleBytes > Shard.MAX_TENSOR_BYTES) {
      throw shard.damaged(
          "a sample has %d bytes, the limit is %d".formatted(sampleBytes, Shard.MAX_TENSOR_BYTES));
    }
    if (header.fortranOrder() && header.shape().size() > 1) {
      return List.of(new NpyPart(shard, header, 0, count));
    }
    List<ShardPart> parts = new ArrayList<>();
    long step = PartSize.forFileOf(count).samplesOf(sampleBytes);
    for (long first = 0; first < count; first += step) {
      parts.add(new NpyPart(shard, header, first, Math.min(step, count - first)));
    }
    return parts;
  }

  @Override
  public void read(Visitor all) {
    Visitor visitor = shard.share().visiting(all);
    shard.reading(
        input -> {
          List<Long> shape = header.shape().subList(1, header.shape().size());
          if (header.fortranOrder() && header.shape().size() > 1) {
            readFortran(input, shape, visitor);
          } else {
            NpyHeader one = withShape(shape);
            long bytes = header.bytes(shape);
            for (long i = first; i < first + samples; i++) {
              TensorData tensor =
                  one.tensor(input.read(header.dataOffset() + Math.multiplyExact(i, bytes), bytes));
              visitor.sample(new InputSample(id(i), List.of(tensor)));
            }
          }
        });
  }

  /** In Fortran order a sample is strewn over the whole file, so all of it is read. */
  private void readFortran(ShardInput input, List<Long> shape, Visitor visitor) throws IOException {
    if (header.dataBytes() > Shard.MAX_TENSOR_BYTES) {
      throw shard.damaged(
          "it is in Fortran order and larger than %d bytes; numpy.ascontiguousarray turns it"
              .formatted(Shard.MAX_TENSOR_BYTES));
    }
    TensorData all = header.tensor(input.read(header.dataOffset(), header.dataBytes()));
    ByteBuffer bytes = all.toBytes();
    int length = (int) header.bytes(shape);
    for (int i = 0; i < samples; i++) {
      ByteBuffer one = bytes.slice(i * length, length).order(ByteOrder.LITTLE_ENDIAN);
      visitor.sample(
          new InputSample(
              id(i),
              List.of(
                  TensorData.contiguous(header.dtype(), Storage.of(one), NpyHeader.sizes(shape)))));
    }
  }

  private NpyHeader withShape(List<Long> shape) {
    return new NpyHeader(
        header.dtype(), header.componentBytes(), header.bigEndian(), false, shape, 0);
  }

  private SampleId id(long number) {
    return new SampleId(shard.name(), number);
  }
}
