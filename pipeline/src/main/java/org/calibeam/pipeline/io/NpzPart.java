package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.tensor.TensorData;

/**
 * Some samples of a {@code .npz} file, whose arrays are named {@code SSSSS.A}: sample number,
 * argument number.
 */
record NpzPart(Shard shard, List<NumberedSample> numbered) implements ShardPart {
  private static final Pattern NAME = Pattern.compile("(\\d{1,18})\\.(\\d{1,4})\\.npy");

  /**
   * Where one sample lies.
   *
   * @param arrays by argument number
   */
  record NumberedSample(long number, TreeMap<Integer, ZipEntryAt> arrays) implements Serializable {
    /** Size of all arrays as declared; what is absurd counts as just too large. */
    long bytes() {
      return arrays.values().stream()
          .mapToLong(ZipEntryAt::size)
          .map(n -> n < 0 || n > Shard.MAX_TENSOR_BYTES ? Shard.MAX_TENSOR_BYTES + 1 : n)
          .sum();
    }
  }

  NpzPart {
    numbered = List.copyOf(numbered);
  }

  static List<ShardPart> plan(Shard shard, ShardInput input) throws IOException {
    TreeMap<Long, NumberedSample> samples = new TreeMap<>();
    for (Map.Entry<String, ZipEntryAt> entry : ZipDirectory.read(input).entrySet()) {
      Matcher name = NAME.matcher(entry.getKey());
      if (!name.matches()) {
        throw shard.damaged(
            "it holds an array called '%s', names are SSSSS.A: sample number, argument number"
                .formatted(entry.getKey().replaceFirst("\\.npy$", "")));
      }
      long number = Long.parseLong(name.group(1));
      int argument = Integer.parseInt(name.group(2));
      ZipEntryAt twin =
          samples
              .computeIfAbsent(number, n -> new NumberedSample(n, new TreeMap<>()))
              .arrays()
              .put(argument, entry.getValue());
      if (twin != null) {
        throw shard.damaged(
            "sample %d has argument %d twice under names with other leading zeros"
                .formatted(number, argument));
      }
    }
    List<ShardPart> parts = new ArrayList<>();
    List<NumberedSample> part = new ArrayList<>();
    PartSize size = PartSize.forFileOf(samples.size());
    long bytes = 0;
    for (NumberedSample sample : samples.values()) {
      if (!part.isEmpty() && size.isExceededBy(part.size() + 1L, bytes + sample.bytes())) {
        parts.add(new NpzPart(shard, part));
        part.clear();
        bytes = 0;
      }
      part.add(sample);
      bytes += sample.bytes();
    }
    if (!part.isEmpty()) {
      parts.add(new NpzPart(shard, part));
    }
    return parts;
  }

  @Override
  public long samples() {
    return numbered.size();
  }

  @Override
  public void read(Visitor all) {
    Visitor visitor = shard.share().visiting(all);
    shard.reading(
        input -> {
          for (NumberedSample sample : numbered) {
            SampleId id = new SampleId(shard.name(), sample.number());
            List<TensorData> inputs = new ArrayList<>();
            try {
              if (sample.bytes() > Shard.MAX_TENSOR_BYTES) {
                throw new DamagedException(
                    "its arrays declare more than %d bytes".formatted(Shard.MAX_TENSOR_BYTES));
              }
              for (Map.Entry<Integer, ZipEntryAt> array : sample.arrays().entrySet()) {
                if (array.getKey() != inputs.size()) {
                  throw new DamagedException("argument %d is missing".formatted(inputs.size()));
                }
                inputs.add(tensor(array.getValue().read(input)));
              }
            } catch (DamagedException e) {
              visitor.unreadable(id, "argument %d: %s".formatted(inputs.size(), e.getMessage()));
              continue;
            }
            visitor.sample(new InputSample(id, inputs));
          }
        });
  }

  private static TensorData tensor(ByteBuffer content) throws IOException {
    NpyHeader header = NpyHeader.parse(content);
    long bytes = header.dataBytes();
    if (bytes != content.remaining() - header.dataOffset()) {
      throw new DamagedException(
          "%s of shape %s needs %d bytes, there are %d"
              .formatted(
                  header.dtype(),
                  header.shape(),
                  bytes,
                  content.remaining() - header.dataOffset()));
    }
    return header.tensor(content.slice(header.dataOffset(), (int) bytes));
  }
}
