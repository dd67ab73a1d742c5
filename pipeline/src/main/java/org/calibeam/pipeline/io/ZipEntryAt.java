package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Where the content of a zip entry lies.
 *
 * @param offset of its local header
 * @param compressed bytes in the file
 * @param size bytes of the content
 */
record ZipEntryAt(long offset, long compressed, long size, int method, int crc)
    implements Serializable {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;

  /** Deflate cannot make more of a byte (zlib, "Maximum Compression Factor"). */
  private static final long MAX_RATIO = 1032;

  /**
   * The content.
   *
   * @throws DamagedException if the file does not hold it, or its checksum is wrong
   */
  ByteBuffer read(ShardInput input) throws IOException {
    if (size < 0
        || size > Shard.MAX_TENSOR_BYTES
        || compressed < 0
        || (method == STORED ? compressed != size : size / MAX_RATIO > compressed)) {
      throw new DamagedException(
          "%d bytes cannot hold the %d that are declared, or these are above the limit of %d"
              .formatted(compressed, size, Shard.MAX_TENSOR_BYTES));
    }
    ByteBuffer header = input.read(offset, LOCAL_BYTES);
    if (header.getInt(0) != LOCAL) {
      throw new DamagedException("the entry's header is damaged");
    }
    int skip = (header.getShort(26) & 0xFFFF) + (header.getShort(28) & 0xFFFF);
    ByteBuffer raw = input.read(offset + LOCAL_BYTES + skip, compressed);
    ByteBuffer content = method == STORED ? raw : inflate(raw);
    CRC32 sum = new CRC32();
    sum.update(content.duplicate());
    if ((int) sum.getValue() != crc) {
      throw new DamagedException("the entry's checksum is wrong");
    }
    return content;
  }

  private ByteBuffer inflate(ByteBuffer raw) throws IOException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(raw);
      ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(size));
      while (content.hasRemaining()) {
        if (inflater.inflate(content) == 0) {
          throw new DamagedException("the entry holds less than it declares");
        }
      }
      return content.flip().order(ByteOrder.LITTLE_ENDIAN);
    } catch (DataFormatException e) {
      throw new DamagedException("the entry's compressed data are damaged", e);
    } finally {
      inflater.end();
    }
  }
}
