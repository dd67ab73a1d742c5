package org.calibeam.pipeline.observe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.StoredFile;

/** SHA-256, which identifies models, configurations and artifacts. */
public final class Hashes {
  private Hashes() {}

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  /**
   * Hash of the bytes of {@code shard}, in hex.
   *
   * @throws SamplesException if it cannot be read
   */
  public static String of(Shard shard) {
    try {
      List<String> hashes = new ArrayList<>();
      for (String file : shard.files()) {
        hashes.add(of(FileSystems.matchNewResource(file, false)));
      }
      return hashes.size() == 1 ? hashes.get(0) : of(String.join("\n", hashes));
    } catch (IOException e) {
      throw new SamplesException(
          "Cannot read the samples in %s: %s. Check that the file is there, whole and readable."
              .formatted(shard.path(), e.getMessage()),
          e);
    }
  }

  /** Hash of the bytes of a file, in hex. */
  static String of(ResourceId file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Channels.newInputStream(StoredFile.open(file))) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Hash of the UTF-8 bytes of {@code text}, in hex. */
  public static String of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Hash of {@code bytes}, in hex. */
  public static String of(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }
}
