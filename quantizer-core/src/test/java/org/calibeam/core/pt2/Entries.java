package org.calibeam.core.pt2;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** Archives as maps of entries below their root folder, read and written by the JDK's own zip. */
final class Entries {
  private Entries() {}

  static Map<String, byte[]> read(Path archive) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
        entries.put(below(entry.getName()), zip.getInputStream(entry).readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return entries;
  }

  static Map<String, byte[]> read(byte[] archive) {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
        entries.put(below(entry.getName()), zip.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return entries;
  }

  private static String below(String name) {
    return name.substring(name.indexOf('/') + 1);
  }

  /** An archive of {@code entries} below the folder {@code m}. */
  static byte[] zip(Map<String, byte[]> entries) {
    Map<String, byte[]> rooted = new LinkedHashMap<>();
    entries.forEach((name, content) -> rooted.put("m/" + name, content));
    return flatZip(rooted);
  }

  /** A zip file of exactly {@code entries}. */
  static byte[] flatZip(Map<String, byte[]> entries) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ZipWriter zip = new ZipWriter(bytes);
    try {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.add(entry.getKey(), ByteBuffer.wrap(entry.getValue()));
      }
      zip.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static String text(byte[] content) {
    return new String(content, StandardCharsets.UTF_8);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
