package org.calibeam.core.interp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;

/** Reads the arrays of a NumPy archive, little-endian, versions 1 and 2. */
public final class Npz {
  private static final Pattern HEADER =
      Pattern.compile("'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \\(([^)]*)\\)");

  private static final Map<String, DType> TYPES =
      Map.of(
          "<f4", DType.FLOAT32,
          "<f8", DType.FLOAT64,
          "<f2", DType.FLOAT16,
          "<i8", DType.INT64,
          "<i4", DType.INT32,
          "<i2", DType.INT16,
          "|i1", DType.INT8,
          "|u1", DType.UINT8,
          "|b1", DType.BOOL);

  private Npz() {}

  /** All arrays by name, without the suffix {@code .npy}. */
  public static SortedMap<String, TensorData> read(Path file) {
    SortedMap<String, TensorData> arrays = new TreeMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        byte[] bytes = zip.getInputStream(entry).readAllBytes();
        arrays.put(entry.getName().replaceFirst("\\.npy$", ""), array(bytes));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return arrays;
  }

  /** Samples in order; arrays are named {@code SSSSS.A}. */
  public static List<List<TensorData>> samples(Path file) {
    return group(read(file), "");
  }

  /** Results of each sample; arrays are named {@code SSSSS.kind.O}. */
  public static List<List<TensorData>> outputs(Path file, String kind) {
    return group(read(file), kind);
  }

  private static List<List<TensorData>> group(SortedMap<String, TensorData> arrays, String kind) {
    SortedMap<Integer, SortedMap<Integer, TensorData>> samples = new TreeMap<>();
    arrays.forEach(
        (name, array) -> {
          String[] parts = name.split("\\.");
          if (parts.length == (kind.isEmpty() ? 2 : 3)
              && (kind.isEmpty() || parts[1].equals(kind))) {
            samples
                .computeIfAbsent(Integer.parseInt(parts[0]), s -> new TreeMap<>())
                .put(Integer.parseInt(parts[parts.length - 1]), array);
          }
        });
    List<List<TensorData>> all = new ArrayList<>();
    samples.values().forEach(s -> all.add(List.copyOf(s.values())));
    return all;
  }

  private static TensorData array(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int version = bytes[6];
    int length = version == 1 ? buffer.getShort(8) & 0xFFFF : buffer.getInt(8);
    int start = version == 1 ? 10 : 12;
    String text = new String(bytes, start, length, StandardCharsets.ISO_8859_1);
    Matcher header = HEADER.matcher(text);
    if (!header.find()) {
      throw new IllegalArgumentException("No NPY header: " + text);
    }
    DType dtype = TYPES.get(header.group(1));
    if (dtype == null) {
      throw new IllegalArgumentException("Unknown type in " + text);
    }
    long[] sizes =
        Arrays.stream(header.group(3).split(","))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    buffer.position(start + length);
    long[] strides = new long[sizes.length];
    long stride = 1;
    boolean fortran = header.group(2).equals("True");
    for (int i = 0; i < sizes.length; i++) {
      int d = fortran ? i : sizes.length - 1 - i;
      strides[d] = stride;
      stride *= sizes[d];
    }
    return new TensorData(dtype, sizes, strides, 0, Storage.of(buffer));
  }
}
