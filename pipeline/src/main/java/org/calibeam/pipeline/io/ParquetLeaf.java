package org.calibeam.pipeline.io;

import java.io.Serializable;
import java.util.Optional;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.calibeam.core.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * A column of a Parquet file as its schema describes it.
 *
 * @param path names from the root, with dots
 * @param dtype of its numbers; null for bytes, which do not say what they are
 * @param typeLength bytes of a value of fixed length, else 0
 * @param maxRepetition how many lists are within each other
 * @param maxDefinition how many things on the way to a value may be missing
 */
record ParquetLeaf(
    String path,
    PrimitiveTypeName type,
    @Nullable DType dtype,
    int typeLength,
    int maxRepetition,
    int maxDefinition)
    implements Serializable {

  /**
   * The leaf that {@code element} describes; empty if its values are no numbers, bytes or truth
   * values.
   */
  static Optional<ParquetLeaf> of(
      SchemaElement element, String path, int maxRepetition, int maxDefinition) {
    int length = element.isSetType_length() ? element.getType_length() : 0;
    boolean half = element.isSetLogicalType() && element.getLogicalType().isSetFLOAT16();
    ConvertedType converted = element.isSetConverted_type() ? element.getConverted_type() : null;
    DType dtype;
    PrimitiveTypeName type;
    switch (element.getType()) {
      case BOOLEAN -> {
        type = PrimitiveTypeName.BOOLEAN;
        dtype = DType.BOOL;
      }
      case INT32 -> {
        type = PrimitiveTypeName.INT32;
        dtype = integer(converted, DType.INT32);
      }
      case INT64 -> {
        type = PrimitiveTypeName.INT64;
        dtype = integer(converted, DType.INT64);
      }
      case FLOAT -> {
        type = PrimitiveTypeName.FLOAT;
        dtype = DType.FLOAT32;
      }
      case DOUBLE -> {
        type = PrimitiveTypeName.DOUBLE;
        dtype = DType.FLOAT64;
      }
      case BYTE_ARRAY -> {
        type = PrimitiveTypeName.BINARY;
        dtype = null;
      }
      case FIXED_LEN_BYTE_ARRAY -> {
        type = PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
        dtype = half && length == DType.FLOAT16.bytes() ? DType.FLOAT16 : null;
      }
      default -> {
        return Optional.empty(); // INT96, a time
      }
    }
    return Optional.of(new ParquetLeaf(path, type, dtype, length, maxRepetition, maxDefinition));
  }

  private static DType integer(@Nullable ConvertedType converted, DType otherwise) {
    if (converted == null) {
      return otherwise;
    }
    return switch (converted) {
      case INT_8 -> DType.INT8;
      case INT_16 -> DType.INT16;
      case UINT_8 -> DType.UINT8;
      case UINT_16 -> DType.UINT16;
      case UINT_32 -> DType.UINT32;
      case UINT_64 -> DType.UINT64;
      default -> otherwise;
    };
  }

  /** Whether a value is a piece of memory of its own, not a number. */
  boolean isBytes() {
    return dtype == null;
  }

  /** What a value takes at least where it is written plainly: of bytes, their length. */
  int leastBytes() {
    return type == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY ? Math.max(1, typeLength) : Integer.BYTES;
  }

  ColumnDescriptor descriptor() {
    return new ColumnDescriptor(
        path.split("\\."),
        Types.optional(type).length(typeLength).named(path),
        maxRepetition,
        maxDefinition);
  }
}
