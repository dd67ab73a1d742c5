package org.calibeam.pipeline.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import org.apache.parquet.VersionParser.ParsedVersion;
import org.apache.parquet.column.impl.ColumnReaderImpl;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/** Turns the rows of a column into tensors, one after the other. For one thread. */
final class ParquetTensors {
  /** No writer whose files have to be read in a way of their own. */
  private static final ParsedVersion ANY_WRITER = new ParsedVersion("calibeam", null, null);

  private static final int FIRST_BYTES = 1 << 10;

  /** Of a row. Few bytes can claim to be billions of equal values. */
  private static final int MAX_ELEMENTS = 1 << 26;

  private final Column column;
  private final ParquetLeaf leaf;
  private final DType dtype;
  private final ColumnReaderImpl reader;
  private final long most;
  private long left;

  /**
   * @throws DamagedException if {@code chunk} does not hold such a column
   */
  ParquetTensors(Column column, ParquetChunk chunk, ShardInput input) throws DamagedException {
    this.column = column;
    this.leaf = chunk.leaf();
    this.dtype = dtype(column, leaf);
    this.left = chunk.values();
    this.reader =
        new ColumnReaderImpl(
            leaf.descriptor(),
            new ParquetPages(input, chunk),
            new PrimitiveConverter() {},
            ANY_WRITER);
    long bytes = dtype.bytes();
    if (column.shape() != null) {
      for (long extent : column.shape()) {
        bytes = Math.multiplyExact(bytes, extent);
      }
    }
    long limit = leaf.isBytes() ? Shard.MAX_TENSOR_BYTES : (long) MAX_ELEMENTS * dtype.bytes();
    this.most = column.shape() == null ? limit : bytes;
    if (most > limit) {
      throw new DamagedException(
          "column '%s' has %d bytes in each row, the limit is %d".formatted(column, bytes, limit));
    }
  }

  private static DType dtype(Column column, ParquetLeaf leaf) throws DamagedException {
    DType own = leaf.dtype();
    DType wanted = column.dtype();
    if (wanted == null) {
      if (own == null) {
        throw new DamagedException(
            "column '%s' holds bytes; say what they are, for example %s:float32:3x224x224"
                .formatted(column.name(), column.name()));
      }
      return own;
    }
    if (own != null && !fits(own, wanted)) {
      throw new DamagedException(
          "column '%s' holds %s, which cannot be read as %s"
              .formatted(column.name(), own.torchName(), wanted.torchName()));
    }
    return wanted;
  }

  private static boolean fits(DType own, DType wanted) {
    return own == wanted
        || (isReal(wanted) && (isReal(own) || own.isInteger()))
        || (wanted.isInteger() && own.isInteger());
  }

  private static boolean isReal(DType type) {
    return type == DType.FLOAT32 || type == DType.FLOAT64;
  }

  /** Passes over a row. */
  void skip() throws DamagedException {
    begin();
    long elements = 0;
    do {
      pass(++elements);
      reader.consume();
    } while (--left > 0 && reader.getCurrentRepetitionLevel() > 0);
  }

  /**
   * Passes over the current value, if there is one. Not by the reader's own skip, which does not
   * notice the end of a page that is cut off.
   */
  private void pass(long elements) throws DamagedException {
    if (elements > MAX_ELEMENTS) {
      throw new DamagedException(
          "a row of '%s' has more than %d elements".formatted(column.name(), MAX_ELEMENTS));
    }
    if (reader.getCurrentDefinitionLevel() == leaf.maxDefinition()) {
      reader.readValue();
    }
  }

  /**
   * The next row.
   *
   * @return the tensor, or what is wrong with this row alone
   */
  ParquetRow next() throws DamagedException {
    begin();
    ByteBuffer values = ByteBuffer.allocate(FIRST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    String complaint = "";
    int elements = 0;
    do {
      if (!complaint.isEmpty()) {
        pass(elements);
      } else if (reader.getCurrentDefinitionLevel() < leaf.maxDefinition()) {
        complaint = "element %d is missing".formatted(elements);
      } else {
        values = room(values);
        try {
          values = add(values);
        } catch (DamagedException e) {
          complaint = "element %d: %s".formatted(elements, e.getMessage());
        }
        if (values.position() > most) {
          complaint = "there are more than %d bytes".formatted(most);
        }
      }
      elements++;
      reader.consume();
    } while (--left > 0 && reader.getCurrentRepetitionLevel() > 0);
    return complaint.isEmpty() ? row(values.flip(), elements) : new ParquetRow(null, complaint);
  }

  private void begin() throws DamagedException {
    if (left <= 0) {
      throw new DamagedException(
          "column '%s' has fewer rows than are declared".formatted(column.name()));
    }
  }

  private ParquetRow row(ByteBuffer values, int elements) {
    if (leaf.isBytes() && elements > 1) {
      return new ParquetRow(null, "it is a list of bytes, wanted is one piece");
    }
    int count = values.remaining() / dtype.bytes();
    List<Long> shape = column.shape();
    if (shape == null) {
      shape = leaf.isBytes() || leaf.maxRepetition() > 0 ? List.of((long) count) : List.of();
    }
    long wanted = shape.stream().reduce((long) dtype.bytes(), Math::multiplyExact);
    if (wanted != values.remaining()) {
      return new ParquetRow(
          null,
          "%s of shape %s needs %d bytes, there are %d"
              .formatted(dtype, shape, wanted, values.remaining()));
    }
    ByteBuffer data = values.slice().order(ByteOrder.LITTLE_ENDIAN);
    return new ParquetRow(
        TensorData.contiguous(dtype, Storage.of(data), NpyHeader.sizes(shape)), "");
  }

  /** The same bytes with room for one number more. */
  private ByteBuffer room(ByteBuffer values) {
    return values.remaining() >= Double.BYTES
        ? values
        : grown(values, Math.max(FIRST_BYTES, values.position()));
  }

  private static ByteBuffer grown(ByteBuffer values, int more) {
    return ByteBuffer.allocate(Math.addExact(values.position(), more))
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(values.flip());
  }

  /** Adds the current value. */
  private ByteBuffer add(ByteBuffer values) throws DamagedException {
    if (leaf.isBytes() || leaf.dtype() == DType.FLOAT16) {
      byte[] bytes = reader.getBinary().getBytes();
      return grown(values, bytes.length).put(bytes);
    }
    DType own = Objects.requireNonNull(leaf.dtype());
    switch (leaf.type()) {
      case BOOLEAN -> values.put((byte) (reader.getBoolean() ? 1 : 0));
      case FLOAT -> put(values, reader.getFloat());
      case DOUBLE -> put(values, reader.getDouble());
      case INT32 ->
          put(
              values,
              own == DType.UINT32
                  ? Integer.toUnsignedLong(reader.getInteger())
                  : reader.getInteger());
      default -> put(values, reader.getLong());
    }
    return values;
  }

  private void put(ByteBuffer values, double value) {
    if (dtype == DType.FLOAT32) {
      values.putFloat((float) value);
    } else {
      values.putDouble(value);
    }
  }

  private void put(ByteBuffer values, long value) throws DamagedException {
    if (isReal(dtype)) {
      put(values, (double) value);
      return;
    }
    int bits = Byte.SIZE * dtype.bytes();
    boolean unsigned = dtype.torchName().startsWith("u");
    long least = unsigned ? 0 : -1L << (bits - 1);
    long greatest = unsigned ? (1L << bits) - 1 : -1 - least;
    if (bits < Long.SIZE && (value < least || value > greatest)) {
      throw new DamagedException("%d is no %s".formatted(value, dtype.torchName()));
    }
    switch (dtype.bytes()) {
      case 1 -> values.put((byte) value);
      case 2 -> values.putShort((short) value);
      case 4 -> values.putInt((int) value);
      default -> values.putLong(value);
    }
  }
}
