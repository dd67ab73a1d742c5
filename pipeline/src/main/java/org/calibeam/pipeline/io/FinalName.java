package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * Gives a file that is complete the name it is looked for by.
 *
 * <p>On most file systems that is a rename. One that cannot rename, as most that show an object
 * store as a folder, gets a copy, which is whole only once it is closed: a process that dies
 * meanwhile may leave a part of it where a file shows while it is written. So whoever depends on
 * that needs a sign of its own: the manifest of a run, which is last, or a checksum.
 */
public final class FinalName {
  private FinalName() {}

  /**
   * Moves {@code from} to {@code to}, over what was there.
   *
   * @throws IOException if it cannot; then {@code from} is still there
   */
  public static void give(ResourceId from, ResourceId to) throws IOException {
    try {
      FileSystems.rename(List.of(from), List.of(to));
    } catch (UnsupportedOperationException e) {
      copy(from, to);
    } catch (IOException e) {
      // A mounted folder that cannot rename does not say so in a way to rely on. A copy is worth a
      // try, but not at the price of what was there: a full disk would leave neither.
      if (exists(to)) {
        throw e;
      }
      try {
        copy(from, to);
      } catch (IOException alsoFailed) {
        e.addSuppressed(alsoFailed);
        throw e;
      }
    }
  }

  private static boolean exists(ResourceId file) throws IOException {
    return !StoredFile.match(file.toString()).metadata().isEmpty();
  }

  private static void copy(ResourceId from, ResourceId to) throws IOException {
    try (InputStream in = Channels.newInputStream(StoredFile.open(from))) {
      try (OutputStream out =
          Channels.newOutputStream(FileSystems.create(to, "application/octet-stream"))) {
        in.transferTo(out);
      } catch (IOException e) {
        try {
          delete(to);
        } catch (IOException undeleted) {
          e.addSuppressed(undeleted);
        }
        throw e;
      }
    }
    delete(from);
  }

  private static void delete(ResourceId file) throws IOException {
    FileSystems.delete(List.of(file), StandardMoveOptions.IGNORE_MISSING_FILES);
  }
}
