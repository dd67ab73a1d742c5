package org.calibeam.core.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A constant tensor: values in a {@link Storage}, read through sizes, strides and an offset.
 *
 * <p>Sizes, strides and offset count elements. Two instances are equal if type, geometry and all
 * values are; aliasing does not matter for equality.
 */
public final class TensorData {
  private final DType dtype;
  private final long[] sizes;
  private final long[] strides;
  private final long offset;
  private final Storage storage;

  /**
   * A view of {@code storage}.
   *
   * @throws IllegalArgumentException if an element lies outside the storage
   */
  public TensorData(DType dtype, long[] sizes, long[] strides, long offset, Storage storage) {
    this.dtype = dtype;
    this.sizes = sizes.clone();
    this.strides = strides.clone();
    this.offset = offset;
    this.storage = storage;
    if (sizes.length != strides.length) {
      throw new IllegalArgumentException(
          "A tensor of %d dimensions has %d strides".formatted(sizes.length, strides.length));
    }
    long last = offset;
    boolean empty = false;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] < 0 || strides[i] < 0) {
        throw new IllegalArgumentException(
            "Negative size or stride in %s, %s"
                .formatted(Arrays.toString(sizes), Arrays.toString(strides)));
      }
      empty |= sizes[i] == 0;
      last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[i] - 1), strides[i]));
    }
    if (offset < 0
        || !empty && Math.multiplyExact(Math.addExact(last, 1), dtype.bytes()) > storage.size()) {
      throw new IllegalArgumentException(
          "%s%s with strides %s at offset %d does not fit into a storage of %d bytes"
              .formatted(
                  dtype, Arrays.toString(sizes), Arrays.toString(strides), offset, storage.size()));
    }
  }

  public static TensorData ofFloats(float[] values, long... sizes) {
    ByteBuffer bytes = allocate(values.length, DType.FLOAT32);
    bytes.asFloatBuffer().put(values);
    return contiguous(DType.FLOAT32, Storage.of(bytes), sizes);
  }

  /** A tensor of an integer or bool type; each value must fit the type. */
  public static TensorData ofLongs(DType dtype, long[] values, long... sizes) {
    ByteBuffer bytes = allocate(values.length, dtype);
    for (long value : values) {
      switch (dtype.bytes()) {
        case 1 -> bytes.put((byte) value);
        case 2 -> bytes.putShort((short) value);
        case 4 -> bytes.putInt((int) value);
        default -> bytes.putLong(value);
      }
    }
    return contiguous(dtype, Storage.of(bytes.flip()), sizes);
  }

  /** A contiguous tensor over the whole of {@code storage}. */
  public static TensorData contiguous(DType dtype, Storage storage, long... sizes) {
    return new TensorData(dtype, sizes, contiguousStrides(sizes), 0, storage);
  }

  private static ByteBuffer allocate(int elements, DType dtype) {
    return ByteBuffer.allocate(Math.multiplyExact(elements, dtype.bytes()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Strides of a row-major tensor of {@code sizes}. */
  public static long[] contiguousStrides(long[] sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride = Math.multiplyExact(stride, Math.max(1, sizes[i]));
    }
    return strides;
  }

  public DType dtype() {
    return dtype;
  }

  public long[] sizes() {
    return sizes.clone();
  }

  public long[] strides() {
    return strides.clone();
  }

  public long offset() {
    return offset;
  }

  public Storage storage() {
    return storage;
  }

  public int rank() {
    return sizes.length;
  }

  public int elements() {
    long n = 1;
    for (long size : sizes) {
      n = Math.multiplyExact(n, size);
    }
    return Math.toIntExact(n);
  }

  public boolean isContiguous() {
    return Arrays.equals(strides, contiguousStrides(sizes)) || elements() == 0;
  }

  /** Type and geometry of this tensor. */
  public TensorSpec spec() {
    return new TensorSpec(
        dtype,
        Arrays.stream(sizes).mapToObj(Dim::of).toList(),
        Arrays.stream(strides).mapToObj(Dim::of).toList(),
        Dim.of(offset),
        Device.CPU,
        false,
        Layout.STRIDED);
  }

  /**
   * All values in row-major order.
   *
   * @throws IllegalStateException if the type is not float32 or float64
   */
  public float[] toFloats() {
    float[] out = new float[elements()];
    ByteBuffer bytes = storage.bytes();
    if (dtype == DType.FLOAT32 && isContiguous()) {
      bytes.position(Math.toIntExact(offset * 4));
      bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(out);
      return out;
    }
    long[] at = positions();
    for (int i = 0; i < out.length; i++) {
      int position = Math.toIntExact(at[i] * dtype.bytes());
      out[i] =
          switch (dtype) {
            case FLOAT32 -> bytes.getFloat(position);
            case FLOAT64 -> (float) bytes.getDouble(position);
            default -> throw new IllegalStateException("Not a float tensor: " + this);
          };
    }
    return out;
  }

  /**
   * All values in row-major order; {@code bool} gives 0 and 1.
   *
   * @throws IllegalStateException if the type is not an integer type or bool
   */
  public long[] toLongs() {
    if (!dtype.isInteger() && dtype != DType.BOOL) {
      throw new IllegalStateException("Not an integer tensor: " + this);
    }
    long[] out = new long[elements()];
    long[] at = positions();
    ByteBuffer bytes = storage.bytes();
    for (int i = 0; i < out.length; i++) {
      int position = Math.toIntExact(at[i] * dtype.bytes());
      out[i] =
          switch (dtype) {
            case UINT8 -> bytes.get(position) & 0xFF;
            case UINT16 -> bytes.getShort(position) & 0xFFFF;
            case UINT32 -> bytes.getInt(position) & 0xFFFF_FFFFL;
            case INT8, BOOL -> bytes.get(position);
            case INT16 -> bytes.getShort(position);
            case INT32 -> bytes.getInt(position);
            default -> bytes.getLong(position);
          };
    }
    return out;
  }

  /** The elements in row-major order as little-endian bytes, whatever the strides. */
  public ByteBuffer toBytes() {
    ByteBuffer bytes = storage.bytes();
    int width = dtype.bytes();
    if (isContiguous()) {
      bytes.position(Math.toIntExact(offset * width));
      bytes.limit(bytes.position() + elements() * width);
      return bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }
    ByteBuffer out = allocate(elements(), dtype);
    for (long position : positions()) {
      for (int b = 0; b < width; b++) {
        out.put(bytes.get(Math.toIntExact(position * width + b)));
      }
    }
    return out.flip();
  }

  /** Positions in the storage of all elements in row-major order. */
  private long[] positions() {
    int n = elements();
    long[] out = new long[n];
    long[] index = new long[sizes.length];
    long position = offset;
    for (int i = 0; i < n; i++) {
      out[i] = position;
      for (int d = sizes.length - 1; d >= 0; d--) {
        position += strides[d];
        if (++index[d] < sizes[d]) {
          break;
        }
        position -= strides[d] * sizes[d];
        index[d] = 0;
      }
    }
    return out;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof TensorData other
        && dtype == other.dtype
        && Arrays.equals(sizes, other.sizes)
        && toBytes().equals(other.toBytes());
  }

  @Override
  public int hashCode() {
    return 31 * dtype.hashCode() + Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(sizes);
  }
}
