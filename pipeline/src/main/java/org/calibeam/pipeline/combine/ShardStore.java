package org.calibeam.pipeline.combine;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.FinalName;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.StoredFile;

/**
 * The statistics of finished shards, kept for later runs: {@code F/S.avro} in the folder, where F
 * is a hash of the {@link Fingerprint} and S one of the shard's bytes, followed by its share if
 * that is not all of it. What an entry is called follows from what made it, so none is ever stale;
 * any of them may be deleted at any time.
 *
 * <p>An entry is written under another name and then renamed: there is all of it or nothing.
 * Several runs may use one store at once, since whoever writes an entry writes the same bytes.
 *
 * @param path on any file system that Beam knows and every worker reaches
 */
public record ShardStore(String path) implements Serializable {

  private static final String UNFINISHED = ".part";

  /**
   * Whether a file called so is of an entry whose run was killed, unless that run still goes on.
   */
  public static boolean isUnfinished(String file) {
    return file.substring(file.lastIndexOf('/') + 1).startsWith(".") && file.endsWith(UNFINISHED);
  }

  /**
   * What the store has for one shard.
   *
   * @param entry absent if it has to be run
   * @param complaint why the entry that there is cannot be used
   */
  public record Found(Optional<ShardEntry> entry, Optional<String> complaint) {}

  /**
   * The store at {@code path}, which need not exist yet.
   *
   * @throws ConfigurationException if it is a file
   */
  public static ShardStore at(String path) {
    String folder = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    try {
      MatchResult found = StoredFile.match(folder);
      if (found.status() == MatchResult.Status.OK
          && found.metadata().stream()
              // Beam's module for HDFS lists a folder as a file without content.
              .anyMatch(m -> !m.resourceId().isDirectory() && m.sizeBytes() > 0)) {
        throw new ConfigurationException(
            "Cannot keep statistics in %s: it is a file. Give a folder.".formatted(path));
      }
    } catch (FileNotFoundException e) {
      // A new store.
    } catch (IOException | IllegalArgumentException e) {
      throw unwritable(path, e);
    }
    return new ShardStore(folder + "/");
  }

  /**
   * Looks for what was kept for {@code shard}.
   *
   * @param sha256 of the shard's bytes, in hex
   */
  public Found find(Fingerprint fingerprint, Shard shard, String sha256) {
    ResourceId file = file(fingerprint, shard, sha256);
    try (InputStream in = Channels.newInputStream(StoredFile.open(file))) {
      ShardEntry entry = ShardEntry.read(in, file.toString());
      return entry.fingerprint().equals(fingerprint)
          ? new Found(Optional.of(entry.of(shard)), Optional.empty())
          : new Found(
              Optional.empty(),
              Optional.of(file + " is of another fingerprint: " + entry.fingerprint()));
    } catch (FileNotFoundException e) {
      return new Found(Optional.empty(), Optional.empty());
    } catch (IOException | SamplesException e) {
      return new Found(Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
    }
  }

  /** Keeps {@code entry}; what was there under the same key is replaced. */
  public void keep(ShardEntry entry, Shard shard, String sha256) {
    ResourceId file = file(entry.fingerprint(), shard, sha256);
    ResourceId temporary =
        file.getCurrentDirectory()
            .resolve(
                "." + sha256 + "-" + UUID.randomUUID() + UNFINISHED,
                StandardResolveOptions.RESOLVE_FILE);
    try {
      try (OutputStream out =
          Channels.newOutputStream(FileSystems.create(temporary, "avro/binary"))) {
        out.write(entry.toBytes());
      }
      FinalName.give(temporary, file);
    } catch (IOException e) {
      discard(temporary, e);
      throw unwritable(path, e);
    }
  }

  private static void discard(ResourceId temporary, IOException because) {
    try {
      FileSystems.delete(List.of(temporary), StandardMoveOptions.IGNORE_MISSING_FILES);
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private ResourceId file(Fingerprint fingerprint, Shard shard, String sha256) {
    String share = shard.share().key().map(key -> "-" + key).orElse("");
    return FileSystems.matchNewResource(path, true)
        .resolve(hash(fingerprint), StandardResolveOptions.RESOLVE_DIRECTORY)
        .resolve(sha256 + share + ".avro", StandardResolveOptions.RESOLVE_FILE);
  }

  /** Each field ends with a line, and none but the label may hold one: it comes last. */
  private static String hash(Fingerprint made) {
    String text =
        String.join(
            "\n",
            Integer.toString(made.formatVersion()),
            made.graph(),
            made.weights(),
            made.configuration(),
            made.kernelLevel(),
            made.preprocessing());
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  private static ConfigurationException unwritable(String path, Exception cause) {
    return new ConfigurationException(
        "Cannot keep statistics in %s: %s. Check that it is a folder with room that you may write to."
            .formatted(path, cause.getMessage() == null ? cause : cause.getMessage()),
        cause);
  }
}
