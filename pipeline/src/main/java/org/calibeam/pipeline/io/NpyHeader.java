package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/**
 * The head of a {@code .npy} array, versions 1.0 to 3.0 of NumPy's {@code numpy.lib.format}.
 *
 * @param componentBytes bytes of what has a byte order: an element, or half of a complex one
 * @param fortranOrder whether the first index runs fastest
 * @param dataOffset where the elements begin
 */
record NpyHeader(
    DType dtype,
    int componentBytes,
    boolean bigEndian,
    boolean fortranOrder,
    List<Long> shape,
    int dataOffset)
    implements Serializable {

  /** Bytes that hold everything before the header's text, whatever the version. */
  static final int PREFIX_BYTES = 12;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_HEADER_BYTES = 1 << 16;
  private static final int MAX_RANK = 64;
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, ]*)\\)");

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("b1", DType.BOOL),
          Map.entry("u1", DType.UINT8),
          Map.entry("u2", DType.UINT16),
          Map.entry("u4", DType.UINT32),
          Map.entry("u8", DType.UINT64),
          Map.entry("i1", DType.INT8),
          Map.entry("i2", DType.INT16),
          Map.entry("i4", DType.INT32),
          Map.entry("i8", DType.INT64),
          Map.entry("f2", DType.FLOAT16),
          Map.entry("f4", DType.FLOAT32),
          Map.entry("f8", DType.FLOAT64),
          Map.entry("c8", DType.COMPLEX64),
          Map.entry("c16", DType.COMPLEX128));

  NpyHeader {
    shape = List.copyOf(shape);
  }

  /**
   * How a header writes the little-endian {@code dtype}.
   *
   * @throws IllegalArgumentException if NumPy does not have it
   */
  static String descr(DType dtype) {
    for (Map.Entry<String, DType> type : TYPES.entrySet()) {
      if (type.getValue() == dtype) {
        return (dtype.bytes() == 1 ? "|" : "<") + type.getKey();
      }
    }
    throw new IllegalArgumentException("NumPy has no " + dtype.torchName());
  }

  /**
   * Where the elements begin, read off the first {@link #PREFIX_BYTES} bytes.
   *
   * @throws DamagedException if this is no array
   */
  static int dataOffset(ByteBuffer prefix) throws IOException {
    ByteBuffer bytes = prefix.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < MAGIC.length; i++) {
      if (bytes.remaining() < PREFIX_BYTES || bytes.get(bytes.position() + i) != MAGIC[i]) {
        throw new DamagedException("it is no NumPy array");
      }
    }
    int start = bytes.position();
    int version = bytes.get(start + 6);
    long length =
        switch (version) {
          case 1 -> bytes.getShort(start + 8) & 0xFFFF;
          case 2, 3 -> bytes.getInt(start + 8) & 0xFFFF_FFFFL;
          default ->
              throw new DamagedException("version %d of .npy is not known".formatted(version));
        };
    if (length > MAX_HEADER_BYTES) {
      throw new DamagedException("its header claims to have %d bytes".formatted(length));
    }
    return (version == 1 ? 10 : 12) + (int) length;
  }

  /**
   * Reads the header at the start of {@code bytes}.
   *
   * @throws DamagedException if it is damaged, or of a type that is no number
   */
  static NpyHeader parse(ByteBuffer bytes) throws IOException {
    int dataOffset = dataOffset(bytes);
    if (bytes.remaining() < dataOffset) {
      throw new DamagedException("its header is cut off");
    }
    byte[] head = new byte[dataOffset];
    bytes.duplicate().get(head);
    String text = new String(head, StandardCharsets.ISO_8859_1);
    String descr = find(DESCR, text, "plain element type");
    DType dtype = descr.isEmpty() ? null : TYPES.get(descr.substring(1));
    if (dtype == null || "<>|=".indexOf(descr.charAt(0)) < 0) {
      throw new DamagedException(
          "its element type is '%s', which is no number that PyTorch has".formatted(descr));
    }
    boolean complex = dtype == DType.COMPLEX64 || dtype == DType.COMPLEX128;
    return new NpyHeader(
        dtype,
        complex ? dtype.bytes() / 2 : dtype.bytes(),
        descr.charAt(0) == '>',
        find(ORDER, text, "fortran_order").equals("True"),
        shape(find(SHAPE, text, "shape")),
        dataOffset);
  }

  private static String find(Pattern pattern, String text, String what) throws IOException {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new DamagedException("its header has no " + what);
    }
    return matcher.group(1);
  }

  private static List<Long> shape(String text) throws IOException {
    List<Long> shape = new ArrayList<>();
    for (String extent : text.split(",", -1)) {
      if (!extent.isBlank()) {
        if (extent.strip().length() > 18 || shape.size() == MAX_RANK) {
          throw new DamagedException("its shape (%s) is absurd".formatted(text));
        }
        try {
          shape.add(Long.parseLong(extent.strip()));
        } catch (NumberFormatException e) {
          throw new DamagedException("its shape (%s) is damaged".formatted(text), e);
        }
      }
    }
    return shape;
  }

  /**
   * Number of elements times their size.
   *
   * @throws DamagedException if that is more than a long holds
   */
  long dataBytes() throws IOException {
    return bytes(shape);
  }

  /** Bytes of {@code extents} elements. */
  long bytes(List<Long> extents) throws IOException {
    long bytes = dtype.bytes();
    try {
      for (long extent : extents) {
        bytes = Math.multiplyExact(bytes, extent);
      }
    } catch (ArithmeticException e) {
      throw new DamagedException("its shape %s is too large".formatted(shape), e);
    }
    return bytes;
  }

  /**
   * The array itself, whatever its byte order and index order are in the file.
   *
   * @param elements all of them, as the file has them
   */
  TensorData tensor(ByteBuffer elements) {
    ByteBuffer little = bigEndian ? swapped(elements) : elements;
    long[] sizes = sizes(shape);
    if (!fortranOrder || sizes.length < 2) {
      return TensorData.contiguous(dtype, Storage.of(little), sizes);
    }
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = 0; i < sizes.length; i++) {
      strides[i] = stride;
      stride *= Math.max(1, sizes[i]);
    }
    TensorData transposed = new TensorData(dtype, sizes, strides, 0, Storage.of(little));
    return TensorData.contiguous(dtype, Storage.of(transposed.toBytes()), sizes);
  }

  static long[] sizes(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  private ByteBuffer swapped(ByteBuffer elements) {
    ByteBuffer big = elements.duplicate().order(ByteOrder.BIG_ENDIAN);
    ByteBuffer little = ByteBuffer.allocate(big.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    while (big.hasRemaining()) {
      switch (componentBytes) {
        case 1 -> little.put(big.get());
        case 2 -> little.putShort(big.getShort());
        case 4 -> little.putInt(big.getInt());
        default -> little.putLong(big.getLong());
      }
    }
    return little.flip();
  }
}
