package org.calibeam.core.pt2;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes stored entries, each starting on a 64-byte boundary so that a reader can map it, with one
 * fixed date: the same entries give the same bytes. ZIP64 records are written where a file needs
 * them.
 */
final class ZipWriter {
  private static final int ALIGNMENT = 64;

  /** The extra field that PyTorch pads with; its content is ignored. */
  private static final short PADDING_FIELD = 0x4246;

  private static final byte PADDING = 'Z';
  private static final short UTF8_FLAG = 0x800;

  /** 1 January 1980, the first day a zip file can name. */
  private static final short DATE = 0x21;

  private static final short VERSION = 20;
  private static final short VERSION64 = 45;
  private static final int MARK32 = -1;
  private static final int LOCAL_SIZE = 30;

  private record Written(byte[] name, int crc, int size, long header) {}

  private final WritableByteChannel out;
  private final List<Written> entries = new ArrayList<>();
  private long position;

  ZipWriter(OutputStream out) {
    this.out = Channels.newChannel(out);
  }

  /** Adds an entry with all of {@code content}. */
  void add(String name, ByteBuffer content) throws IOException {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    CRC32 crc = new CRC32();
    crc.update(content.duplicate());
    Written entry = new Written(nameBytes, (int) crc.getValue(), content.remaining(), position);
    int unpadded = LOCAL_SIZE + nameBytes.length + 4;
    int padding = (int) Math.floorMod(-(position + unpadded), (long) ALIGNMENT);
    ByteBuffer header = buffer(unpadded + padding);
    header.putInt(0x04034b50).putShort(VERSION);
    common(header, entry);
    header.putShort((short) (4 + padding)).put(nameBytes);
    header.putShort(PADDING_FIELD).putShort((short) padding);
    while (header.hasRemaining()) {
      header.put(PADDING);
    }
    write(header.flip());
    write(content.duplicate());
    entries.add(entry);
  }

  /** Writes the directory; nothing can be added after that. The stream stays open. */
  void finish() throws IOException {
    long start = position;
    for (Written entry : entries) {
      boolean wide = entry.header >= 0xFFFF_FFFFL;
      ByteBuffer record = buffer(46 + entry.name.length + (wide ? 12 : 0));
      record.putInt(0x02014b50).putShort(VERSION64).putShort(wide ? VERSION64 : VERSION);
      common(record, entry);
      record.putShort((short) (wide ? 12 : 0)).putShort((short) 0).putShort((short) 0);
      record.putShort((short) 0).putInt(0).putInt(wide ? MARK32 : (int) entry.header);
      record.put(entry.name);
      if (wide) {
        record.putShort((short) 1).putShort((short) 8).putLong(entry.header);
      }
      write(record.flip());
    }
    long size = position - start;
    boolean wide = start >= 0xFFFF_FFFFL || entries.size() >= 0xFFFF;
    if (wide) {
      ByteBuffer end = buffer(76);
      end.putInt(0x06064b50).putLong(44).putShort(VERSION64).putShort(VERSION64);
      end.putInt(0).putInt(0).putLong(entries.size()).putLong(entries.size());
      end.putLong(size).putLong(start);
      end.putInt(0x07064b50).putInt(0).putLong(position).putInt(1);
      write(end.flip());
    }
    short count = (short) Math.min(entries.size(), 0xFFFF);
    ByteBuffer end = buffer(22);
    end.putInt(0x06054b50).putInt(0).putShort(count).putShort(count);
    end.putInt((int) size).putInt(wide ? MARK32 : (int) start).putShort((short) 0);
    write(end.flip());
  }

  /** The fields that a local header and a directory record share. */
  private static void common(ByteBuffer record, Written entry) {
    record.putShort(UTF8_FLAG).putShort((short) 0).putShort((short) 0).putShort(DATE);
    record.putInt(entry.crc).putInt(entry.size).putInt(entry.size);
    record.putShort((short) entry.name.length);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void write(ByteBuffer bytes) throws IOException {
    position += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
