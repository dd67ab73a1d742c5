package org.calibeam.pipeline.io;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.calibeam.core.tensor.TensorData;

/**
 * Writes a {@code .npz} file as NumPy's {@code savez} does. The same arrays give the same bytes.
 */
public final class NpzWriter implements Closeable {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

  /** NumPy wants the elements to begin at a multiple of this. */
  private static final int ALIGNMENT = 64;

  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final ZipOutputStream zip;

  /**
   * @param out closed with this
   */
  public NpzWriter(OutputStream out) {
    zip = new ZipOutputStream(out);
  }

  /**
   * Adds one array.
   *
   * @throws IllegalArgumentException if NumPy does not have the tensor's element type
   */
  public void write(String name, TensorData tensor) throws IOException {
    ByteBuffer header = header(tensor);
    ZipEntry entry = new ZipEntry(name + ".npy");
    entry.setTimeLocal(EPOCH);
    zip.putNextEntry(entry);
    WritableByteChannel channel = Channels.newChannel(zip);
    writeAll(channel, header);
    writeAll(channel, tensor.toBytes());
    zip.closeEntry();
  }

  private static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer header(TensorData tensor) {
    String shape =
        LongStream.of(tensor.sizes())
            .mapToObj(size -> size + ",")
            .collect(Collectors.joining(" ", "(", ")"));
    String text =
        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }"
            .formatted(NpyHeader.descr(tensor.dtype()), shape);
    int prefix = MAGIC.length + Short.BYTES;
    int padding = Math.floorMod(-(prefix + text.length() + 1), ALIGNMENT);
    String padded = text + " ".repeat(padding) + "\n";
    return ByteBuffer.allocate(prefix + padded.length())
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putShort((short) padded.length())
        .put(padded.getBytes(StandardCharsets.ISO_8859_1))
        .flip();
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
