package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.tensor.TensorData;

/**
 * Some rows of a group of rows of a Parquet file. Samples are numbered from 0 in the file's order.
 *
 * @param chunks where the columns lie, in the order of the model's arguments
 * @param skip rows of the group that come before
 * @param first number of the first sample
 */
record ParquetPart(Shard shard, List<ParquetChunk> chunks, long skip, long first, long samples)
    implements ShardPart {

  /** A group may hold a million rows: it is cut, and each part passes over what comes before. */
  private static final long PARTS_OF_A_GROUP = 16;

  private static final long LEAST_ROWS = 64;

  ParquetPart {
    chunks = List.copyOf(chunks);
  }

  static List<ShardPart> plan(Shard shard, ShardInput input) throws IOException {
    List<Column> columns = shard.reading().columns();
    if (columns.isEmpty()) {
      throw new DamagedException("--columns must say which of its columns are the model's inputs");
    }
    ParquetFooter footer = ParquetFooter.read(input);
    List<ShardPart> parts = new ArrayList<>();
    long first = 0;
    for (int group = 0; group < footer.groups().size(); group++) {
      long rows = footer.groups().get(group);
      List<ParquetChunk> chunks = new ArrayList<>();
      for (Column column : columns) {
        ParquetChunk chunk = footer.chunk(group, footer.leaf(column.name()));
        if (rows < 0 || rows > chunk.values()) {
          throw new DamagedException(
              "%d values of '%s' cannot be %d rows".formatted(chunk.values(), column.name(), rows));
        }
        chunks.add(chunk);
      }
      long step =
          Math.max(LEAST_ROWS, Math.floorDiv(rows + PARTS_OF_A_GROUP - 1, PARTS_OF_A_GROUP));
      for (long skip = 0; skip < rows; skip += step) {
        parts.add(new ParquetPart(shard, chunks, skip, first + skip, Math.min(step, rows - skip)));
      }
      first += rows;
    }
    return parts;
  }

  @Override
  public void read(Visitor all) {
    Visitor visitor = shard.share().visiting(all);
    shard.reading(
        input -> {
          List<ParquetTensors> columns = open(input);
          for (long row = 0; row < skip; row++) {
            for (ParquetTensors column : columns) {
              decoding(
                  () -> {
                    column.skip();
                    return true;
                  });
            }
          }
          for (long number = first; number < first + samples; number++) {
            visit(columns, new SampleId(shard.name(), number), visitor);
          }
        });
  }

  private List<ParquetTensors> open(ShardInput input) throws IOException {
    List<ParquetTensors> columns = new ArrayList<>();
    for (int i = 0; i < chunks.size(); i++) {
      Column column = shard.reading().columns().get(i);
      ParquetChunk chunk = chunks.get(i);
      columns.add(decoding(() -> new ParquetTensors(column, chunk, input)));
    }
    return columns;
  }

  private void visit(List<ParquetTensors> columns, SampleId id, Visitor visitor)
      throws IOException {
    List<TensorData> inputs = new ArrayList<>();
    String complaint = "";
    for (int i = 0; i < columns.size(); i++) {
      ParquetRow row = decoding(columns.get(i)::next);
      if (row.tensor() != null) {
        inputs.add(row.tensor());
      } else if (complaint.isEmpty()) {
        complaint =
            "column '%s': %s".formatted(shard.reading().columns().get(i).name(), row.complaint());
      }
    }
    if (complaint.isEmpty()) {
      visitor.sample(new InputSample(id, inputs));
    } else {
      visitor.unreadable(id, complaint);
    }
  }

  private interface Decoding<T> {
    T run() throws IOException;
  }

  private static <T> T decoding(Decoding<T> decoding) throws IOException {
    try {
      return decoding.run();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (RuntimeException e) { // damage makes Parquet throw of many kinds
      throw new DamagedException("it cannot be decoded (%s)".formatted(e.getMessage()), e);
    }
  }
}
