package org.calibeam.pipeline.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the central directory of a zip file: APPNOTE 6.3.10 sections 4.3.12 to 4.3.16, ZIP64
 * included.
 *
 * <p>The JDK's {@code ZipFile} wants a local file and all entries in memory for each part that is
 * read; here a part remembers where its entries lie.
 */
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int LOCATOR64_BYTES = 20;
  private static final int END64 = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_BYTES = 46;
  private static final int EXTRA_ZIP64 = 0x0001;
  private static final long IN_ZIP64 = 0xFFFF_FFFFL;

  /** A directory of 4 million entries takes about this much. */
  private static final long MAX_DIRECTORY_BYTES = 512L << 20;

  private ZipDirectory() {}

  /**
   * All entries by name, in the directory's order.
   *
   * @throws DamagedException if this is no zip file, or a damaged one
   */
  static Map<String, ZipEntryAt> read(ShardInput input) throws IOException {
    long tailLength = Math.min(input.size(), END_BYTES + MAX_COMMENT);
    ByteBuffer tail = input.read(input.size() - tailLength, tailLength);
    int at = tail.limit() - END_BYTES;
    while (at >= 0 && tail.getInt(at) != END) {
      at--;
    }
    if (at < 0) {
      throw new DamagedException("it is no zip file, or its end is missing");
    }
    long size = tail.getInt(at + 12) & IN_ZIP64;
    long offset = tail.getInt(at + 16) & IN_ZIP64;
    long count = tail.getShort(at + 10) & 0xFFFF;
    long end = input.size() - tailLength + at;
    if (size == IN_ZIP64 || offset == IN_ZIP64 || count == 0xFFFF) {
      ByteBuffer locator = input.read(end - LOCATOR64_BYTES, LOCATOR64_BYTES);
      if (locator.getInt(0) == LOCATOR64) {
        ByteBuffer end64 = input.read(locator.getLong(8), END64_BYTES);
        if (end64.getInt(0) != END64) {
          throw new DamagedException("its ZIP64 end record is damaged");
        }
        size = end64.getLong(40);
        offset = end64.getLong(48);
      }
    }
    if (size < 0 || size > MAX_DIRECTORY_BYTES) {
      throw new DamagedException("its directory claims to have %d bytes".formatted(size));
    }
    return entries(input.read(offset, size));
  }

  private static Map<String, ZipEntryAt> entries(ByteBuffer directory) throws IOException {
    Map<String, ZipEntryAt> entries = new LinkedHashMap<>();
    while (directory.remaining() >= ENTRY_BYTES) {
      int at = directory.position();
      if (directory.getInt(at) != ENTRY) {
        throw new DamagedException("its directory is damaged");
      }
      int nameLength = directory.getShort(at + 28) & 0xFFFF;
      int extraLength = directory.getShort(at + 30) & 0xFFFF;
      int commentLength = directory.getShort(at + 32) & 0xFFFF;
      int length = ENTRY_BYTES + nameLength + extraLength + commentLength;
      if (directory.remaining() < length) {
        throw new DamagedException("its directory is cut off");
      }
      byte[] name = new byte[nameLength];
      directory.position(at + ENTRY_BYTES).get(name);
      String text = new String(name, StandardCharsets.UTF_8);
      ZipEntryAt entry =
          entry(directory, at, directory.slice(directory.position(), extraLength), text);
      if (entries.put(text, entry) != null) {
        throw new DamagedException("it has two entries called " + text);
      }
      directory.position(at + length);
    }
    return entries;
  }

  private static ZipEntryAt entry(ByteBuffer directory, int at, ByteBuffer extra, String name)
      throws IOException {
    int flags = directory.getShort(at + 8) & 0xFFFF;
    int method = directory.getShort(at + 10) & 0xFFFF;
    if ((flags & 1) != 0) {
      throw new DamagedException("its entry %s is encrypted".formatted(name));
    }
    if (method != ZipEntryAt.STORED && method != ZipEntryAt.DEFLATED) {
      throw new DamagedException(
          "its entry %s is compressed by method %d, only stored and deflated are supported"
              .formatted(name, method));
    }
    long compressed = directory.getInt(at + 20) & IN_ZIP64;
    long size = directory.getInt(at + 24) & IN_ZIP64;
    long offset = directory.getInt(at + 42) & IN_ZIP64;
    extra.order(directory.order());
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xFFFF;
      int length = extra.getShort() & 0xFFFF;
      if (length > extra.remaining()) {
        break;
      }
      if (id == EXTRA_ZIP64) {
        ByteBuffer wide = extra.slice(extra.position(), length).order(extra.order());
        size = size == IN_ZIP64 && wide.remaining() >= 8 ? wide.getLong() : size;
        compressed = compressed == IN_ZIP64 && wide.remaining() >= 8 ? wide.getLong() : compressed;
        offset = offset == IN_ZIP64 && wide.remaining() >= 8 ? wide.getLong() : offset;
      }
      extra.position(extra.position() + length);
    }
    return new ZipEntryAt(offset, compressed, size, method, directory.getInt(at + 16));
  }
}
