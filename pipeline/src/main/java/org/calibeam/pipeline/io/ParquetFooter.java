package org.calibeam.pipeline.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import shaded.parquet.org.apache.thrift.TBase;
import shaded.parquet.org.apache.thrift.TConfiguration;
import shaded.parquet.org.apache.thrift.TException;
import shaded.parquet.org.apache.thrift.protocol.TCompactProtocol;
import shaded.parquet.org.apache.thrift.transport.TIOStreamTransport;

/**
 * The end of a Parquet file, which says what is in it (Apache Parquet, "File Format" and
 * "Metadata").
 *
 * <p>Parquet's own reader of files wants Hadoop: some 60 MB for what is here and in {@link
 * ParquetPages}. Decoding values is Parquet's own.
 */
final class ParquetFooter {
  private static final int MAGIC = 0x31524150; // PAR1
  private static final int TAIL_BYTES = 8;
  private static final int MAX_DEPTH = 64;

  private final FileMetaData data;
  private final Map<String, ParquetLeaf> leaves = new LinkedHashMap<>();
  private int at;

  private ParquetFooter(FileMetaData data) throws DamagedException {
    this.data = data;
    List<SchemaElement> schema = data.getSchema();
    if (schema.isEmpty()) {
      throw new DamagedException("its schema is empty");
    }
    int children = schema.get(at++).getNum_children();
    for (int i = 0; i < children; i++) {
      walk("", 0, 0, 0);
    }
  }

  static ParquetFooter read(ShardInput input) throws IOException {
    if (input.size() < TAIL_BYTES) {
      throw new DamagedException("it is no Parquet file");
    }
    ByteBuffer tail = input.read(input.size() - TAIL_BYTES, TAIL_BYTES);
    int length = tail.getInt(0);
    if (tail.getInt(4) != MAGIC || length < 0) {
      throw new DamagedException("it is no Parquet file, or its end is missing");
    }
    byte[] bytes = input.read(input.size() - TAIL_BYTES - length, length).array();
    FileMetaData data = new FileMetaData();
    decode(data, bytes);
    return new ParquetFooter(data);
  }

  /**
   * Fills {@code value} from the beginning of {@code bytes}. No list or text may claim to be longer
   * than all of it.
   *
   * @return how many bytes it took
   */
  static int decode(TBase<?, ?> value, byte[] bytes) throws DamagedException {
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    try {
      TConfiguration limits = TConfiguration.custom().setMaxMessageSize(bytes.length).build();
      value.read(
          new TCompactProtocol(new TIOStreamTransport(limits, in), bytes.length, bytes.length));
      return bytes.length - in.available();
    } catch (TException | RuntimeException e) { // damage makes Thrift throw of many kinds
      throw new DamagedException("its metadata cannot be read (%s)".formatted(e.getMessage()), e);
    }
  }

  private void walk(String prefix, int repetition, int definition, int depth)
      throws DamagedException {
    if (at >= data.getSchema().size() || depth > MAX_DEPTH) {
      throw new DamagedException("its schema is cut off or too deep");
    }
    SchemaElement element = data.getSchema().get(at++);
    FieldRepetitionType type = element.getRepetition_type();
    int nowRepeated = repetition + (type == FieldRepetitionType.REPEATED ? 1 : 0);
    int nowDefined = definition + (type == FieldRepetitionType.REQUIRED ? 0 : 1);
    String path = prefix + element.getName();
    if (element.isSetType()) {
      ParquetLeaf.of(element, path, nowRepeated, nowDefined)
          .ifPresent(leaf -> leaves.put(path, leaf));
      return;
    }
    for (int i = 0; i < element.getNum_children(); i++) {
      walk(path + ".", nowRepeated, nowDefined, depth + 1);
    }
  }

  /** Where a column of a group of rows lies. */
  private static Optional<ColumnMetaData> chunk(RowGroup group, ParquetLeaf leaf) {
    for (ColumnChunk chunk : group.getColumns()) {
      if (chunk.isSetMeta_data()
          && !chunk.isSetFile_path()
          && String.join(".", chunk.getMeta_data().getPath_in_schema()).equals(leaf.path())) {
        return Optional.of(chunk.getMeta_data());
      }
    }
    return Optional.empty();
  }

  /**
   * The column of this name: itself, or the only one within it, as for a list.
   *
   * @throws DamagedException if there is none, or several
   */
  ParquetLeaf leaf(String name) throws DamagedException {
    List<ParquetLeaf> found = new ArrayList<>();
    leaves.forEach(
        (path, leaf) -> {
          if (path.equals(name) || path.startsWith(name + ".")) {
            found.add(leaf);
          }
        });
    if (found.size() != 1) {
      throw new DamagedException(
          found.isEmpty()
              ? "it has no column '%s', only %s".formatted(name, leaves.keySet())
              : "its column '%s' has several parts: %s"
                  .formatted(name, found.stream().map(ParquetLeaf::path).toList()));
    }
    return found.get(0);
  }

  /** Rows of each group. */
  List<Long> groups() {
    return data.getRow_groups().stream().map(RowGroup::getNum_rows).toList();
  }

  /** Where {@code leaf} lies in a group of rows. */
  ParquetChunk chunk(int group, ParquetLeaf leaf) throws DamagedException {
    ColumnMetaData chunk =
        chunk(data.getRow_groups().get(group), leaf)
            .orElseThrow(
                () -> new DamagedException("group %d has no '%s'".formatted(group, leaf.path())));
    long first = chunk.getData_page_offset();
    if (chunk.isSetDictionary_page_offset() && chunk.getDictionary_page_offset() > 0) {
      first = Math.min(first, chunk.getDictionary_page_offset());
    }
    return new ParquetChunk(
        leaf,
        first,
        chunk.getTotal_compressed_size(),
        chunk.getTotal_uncompressed_size(),
        chunk.getNum_values(),
        chunk.getCodec());
  }
}
