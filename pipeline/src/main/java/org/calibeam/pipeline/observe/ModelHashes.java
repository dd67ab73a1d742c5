package org.calibeam.pipeline.observe;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What identifies a model's parts, so that a report can tell which of them changed.
 *
 * @param graph SHA-256 of the programs in the archive, in hex
 * @param weights SHA-256 of the weights and constants
 */
public record ModelHashes(String graph, String weights) implements Serializable {

  /**
   * Hashes the entries of the archive apart; the name of its root folder does not matter, nor what
   * else is in it.
   *
   * @throws org.calibeam.core.graph.ModelException if it cannot be read
   */
  public static ModelHashes of(ModelFile model) {
    return model.local(
        file -> {
          try (ZipFile zip = new ZipFile(file.toFile())) {
            return new ModelHashes(
                hash(zip, "models/"), hash(zip, "data/weights/", "data/constants/"));
          }
        });
  }

  private static String hash(ZipFile zip, String... folders) throws IOException {
    List<ZipEntry> entries = new ArrayList<>();
    for (ZipEntry entry :
        (Iterable<ZipEntry>) () -> zip.stream().map(e -> (ZipEntry) e).iterator()) {
      for (String folder : folders) {
        if (inRoot(entry).startsWith(folder)) {
          entries.add(entry);
        }
      }
    }
    entries.sort(Comparator.comparing(ModelHashes::inRoot));
    MessageDigest digest = Hashes.sha256();
    byte[] buffer = new byte[1 << 16];
    for (ZipEntry entry : entries) {
      digest.update(
          (inRoot(entry) + "\n" + entry.getSize() + "\n").getBytes(StandardCharsets.UTF_8));
      try (InputStream in = zip.getInputStream(entry)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String inRoot(ZipEntry entry) {
    return entry.getName().substring(entry.getName().indexOf('/') + 1);
  }
}
