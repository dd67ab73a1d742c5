package org.calibeam.core.pt2;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.calibeam.core.graph.ModelException;
import org.jspecify.annotations.Nullable;

/**
 * The central directory of a zip file, and its entries on demand.
 *
 * <p>The JDK's reader wants a file of the default file system and trusts declared sizes. This one
 * reads from anywhere (format: PKWARE APPNOTE 6.3, stored and deflated entries, ZIP64), takes no
 * memory for an entry that the file cannot hold, and checks every CRC.
 */
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END_SIZE = 22;
  private static final int END64 = 0x06064b50;
  private static final int END64_SIZE = 56;
  private static final int LOCATOR = 0x07064b50;
  private static final int LOCATOR_SIZE = 20;
  private static final int CENTRAL = 0x02014b50;
  private static final int CENTRAL_SIZE = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_SIZE = 30;
  private static final int ZIP64_FIELD = 1;
  private static final long MARK32 = 0xFFFF_FFFFL;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int ENCRYPTED_FLAG = 1;

  /** An entry may not be larger than a Java array. */
  private static final long LARGEST_ENTRY = Integer.MAX_VALUE - 8;

  /** A directory of this size lists about a million entries. */
  private static final long LARGEST_DIRECTORY = 1L << 27;

  /**
   * How much may come out of deflated entries in all: PyTorch writes none, and who deflates weights
   * does not save more than a factor of this, except for small or empty models.
   */
  private static final long LARGEST_RATIO = 32;

  private static final long ALWAYS_INFLATED = 1L << 26;

  /** One entry as the central directory describes it. */
  record Entry(String name, int method, long crc, long stored, long size, long header) {}

  private final String archive;
  private final ByteSource source;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ZipDirectory(String archive, ByteSource source) {
    this.archive = archive;
    this.source = source;
  }

  /**
   * Reads the directory.
   *
   * @param archive what messages call the file
   * @throws ModelException if this is no zip file, or a damaged or malicious one
   */
  static ZipDirectory open(String archive, ByteSource source) throws IOException {
    ZipDirectory directory = new ZipDirectory(archive, source);
    try {
      directory.readEntries();
    } catch (EOFException e) {
      throw directory.damaged("its directory points outside the file", e);
    }
    return directory;
  }

  /** All entries by name, in the directory's order. */
  Map<String, Entry> entries() {
    return entries;
  }

  private void readEntries() throws IOException {
    long size = source.size();
    int tail = (int) Math.min(size, END_SIZE + 0xFFFF);
    ByteBuffer bytes = bytes(size - tail, tail);
    int end = tail - END_SIZE;
    while (end >= 0 && bytes.getInt(end) != END) {
      end--;
    }
    if (end < 0) {
      throw Complaint.of(
          archive,
          "this is no .pt2 archive (no zip directory at its end). Write one with"
              + " torch.export.save; if it was one, it has been cut off");
    }
    long count = bytes.getShort(end + 10) & 0xFFFF;
    long length = bytes.getInt(end + 12) & MARK32;
    long offset = bytes.getInt(end + 16) & MARK32;
    if (end >= LOCATOR_SIZE && bytes.getInt(end - LOCATOR_SIZE) == LOCATOR) {
      ByteBuffer end64 = bytes(bytes.getLong(end - LOCATOR_SIZE + 8), END64_SIZE);
      if (end64.getInt(0) != END64) {
        throw damaged("its ZIP64 directory is not where it should be", null);
      }
      count = end64.getLong(32);
      length = end64.getLong(40);
      offset = end64.getLong(48);
    }
    if (length < 0
        || length > Math.min(size, LARGEST_DIRECTORY)
        || count < 0
        || count * CENTRAL_SIZE > length) {
      throw damaged("%d entries in a directory of %d bytes".formatted(count, length), null);
    }
    ByteBuffer directory = bytes(offset, (int) length);
    for (long i = 0; i < count; i++) {
      readEntry(directory);
    }
    checkSizes(size);
  }

  private void readEntry(ByteBuffer directory) {
    int at = directory.position();
    if (directory.remaining() < CENTRAL_SIZE || directory.getInt(at) != CENTRAL) {
      throw damaged("its directory breaks off after %d entries".formatted(entries.size()), null);
    }
    int nameLength = directory.getShort(at + 28) & 0xFFFF;
    int extraLength = directory.getShort(at + 30) & 0xFFFF;
    int commentLength = directory.getShort(at + 32) & 0xFFFF;
    if (directory.remaining() - CENTRAL_SIZE < nameLength + extraLength + commentLength) {
      throw damaged("its directory breaks off after %d entries".formatted(entries.size()), null);
    }
    byte[] nameBytes = new byte[nameLength];
    directory.get(at + CENTRAL_SIZE, nameBytes);
    String name = new String(nameBytes, StandardCharsets.UTF_8);
    ByteBuffer extra =
        directory.slice(at + CENTRAL_SIZE + nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN);
    long size = directory.getInt(at + 24) & MARK32;
    long stored = directory.getInt(at + 20) & MARK32;
    long header = directory.getInt(at + 42) & MARK32;
    ByteBuffer wide = wide(extra);
    size = size == MARK32 ? next(wide, name) : size;
    stored = stored == MARK32 ? next(wide, name) : stored;
    header = header == MARK32 ? next(wide, name) : header;
    if ((directory.getShort(at + 8) & ENCRYPTED_FLAG) != 0) {
      throw damaged(name + " is encrypted", null);
    }
    int method = directory.getShort(at + 10) & 0xFFFF;
    if (method != STORED && method != DEFLATED) {
      throw damaged(
          "%s is compressed by method %d, only 0 and 8 are known".formatted(name, method), null);
    }
    long crc = directory.getInt(at + 16) & MARK32;
    if (entries.put(name, new Entry(name, method, crc, stored, size, header)) != null) {
      throw damaged("it has two entries called " + name, null);
    }
    directory.position(at + CENTRAL_SIZE + nameLength + extraLength + commentLength);
  }

  /** The ZIP64 field of {@code extra}, or nothing. */
  private static ByteBuffer wide(ByteBuffer extra) {
    int at = 0;
    while (at + 4 <= extra.limit()) {
      int length = extra.getShort(at + 2) & 0xFFFF;
      if (at + 4 + length > extra.limit()) {
        break;
      }
      if (extra.getShort(at) == ZIP64_FIELD) {
        return extra.slice(at + 4, length).order(ByteOrder.LITTLE_ENDIAN);
      }
      at += 4 + length;
    }
    return ByteBuffer.allocate(0);
  }

  private long next(ByteBuffer wide, String name) {
    if (wide.remaining() < Long.BYTES) {
      throw damaged("the ZIP64 sizes of %s are missing".formatted(name), null);
    }
    return wide.getLong();
  }

  /** Entries that overlap or inflate beyond reason are how a small file takes all memory. */
  private void checkSizes(long fileSize) {
    long stored = 0;
    long inflated = 0;
    for (Entry entry : entries.values()) {
      if (entry.size < 0
          || entry.size > LARGEST_ENTRY
          || entry.stored < 0
          || entry.stored > fileSize) {
        throw damaged(
            "%s declares %d bytes, stored in %d".formatted(entry.name, entry.size, entry.stored),
            null);
      }
      if (entry.method == STORED && entry.size != entry.stored) {
        throw damaged("%s is stored but has two sizes".formatted(entry.name), null);
      }
      stored += entry.stored;
      inflated += entry.method == DEFLATED ? entry.size : 0;
      if (stored > fileSize) {
        throw damaged("its entries overlap", null);
      }
      if (inflated > ALWAYS_INFLATED + LARGEST_RATIO * fileSize) {
        throw damaged(
            "its entries inflate to more than %d times its size".formatted(LARGEST_RATIO), null);
      }
    }
  }

  /**
   * The content of an entry; a new buffer.
   *
   * @throws ModelException if it is damaged
   */
  ByteBuffer read(Entry entry) throws IOException {
    try {
      ByteBuffer header = bytes(entry.header, LOCAL_SIZE);
      if (header.getInt(0) != LOCAL) {
        throw damaged("%s is not where the directory says".formatted(entry.name), null);
      }
      long data =
          entry.header
              + LOCAL_SIZE
              + (header.getShort(26) & 0xFFFF)
              + (header.getShort(28) & 0xFFFF);
      ByteBuffer stored = bytes(data, (int) entry.stored);
      ByteBuffer content = entry.method == STORED ? stored : inflate(entry, stored);
      CRC32 crc = new CRC32();
      crc.update(content.duplicate());
      if (crc.getValue() != entry.crc) {
        throw damaged(entry.name + " does not have the checksum that was written with it", null);
      }
      return content;
    } catch (EOFException e) {
      throw damaged(entry.name + " lies outside the file", e);
    }
  }

  private ByteBuffer inflate(Entry entry, ByteBuffer stored) {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(stored);
      // One byte more than declared shows an entry that goes on.
      ByteBuffer content = ByteBuffer.allocate((int) entry.size + 1);
      while (content.hasRemaining() && !inflater.finished()) {
        if (inflater.inflate(content) == 0
            && (inflater.needsInput() || inflater.needsDictionary())) {
          break;
        }
      }
      if (!inflater.finished() || content.position() != entry.size) {
        throw damaged("%s does not inflate to its declared size".formatted(entry.name), null);
      }
      return content.flip();
    } catch (DataFormatException e) {
      throw damaged(entry.name + " cannot be inflated", e);
    } finally {
      inflater.end();
    }
  }

  private ByteBuffer bytes(long position, int length) throws IOException {
    if (position < 0 || position > source.size() - length) {
      throw new EOFException("%d bytes at %d".formatted(length, position));
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    source.read(position, bytes);
    return bytes.flip();
  }

  private ModelException damaged(String problem, @Nullable Throwable cause) {
    String text = "the archive is damaged, " + problem + ". Export or copy it again";
    return cause == null ? Complaint.of(archive, text) : Complaint.of(archive, text, cause);
  }
}
