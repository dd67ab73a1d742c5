package org.calibeam.pipeline.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.ResourceId;

/** A file on any file system that Beam knows. */
public final class StoredFile {
  /** What begins a path elsewhere; one letter would be a drive of Windows. */
  private static final Pattern SCHEME =
      Pattern.compile("[a-zA-Z][-a-zA-Z0-9+.]+:.*", Pattern.DOTALL);

  private static final Pattern WILDCARD = Pattern.compile("[*?{\\[\\\\]");

  private StoredFile() {}

  /**
   * Opens a file for reading. Beam's modules for object stores let the exceptions of their client
   * through, which are unchecked; here they are what they are on a disk.
   *
   * @throws FileNotFoundException if there is no such file
   * @throws IOException if it cannot be read
   */
  public static ReadableByteChannel open(ResourceId file) throws IOException {
    try {
      return FileSystems.open(file);
    } catch (RuntimeException e) {
      if (FileSystems.match(file.toString(), EmptyMatchTreatment.DISALLOW).metadata().isEmpty()) {
        throw new FileNotFoundException(file.toString());
      }
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * The files that a path or pattern names, maybe none. Where a local path names nothing, Beam
   * takes it for a pattern and walks all folders below the one it would be in, links included: an
   * output folder to be made in a large home would take minutes, and in one with a link to itself
   * for ever.
   */
  public static MatchResult match(String pattern) throws IOException {
    return isMissing(pattern)
        ? MatchResult.create(MatchResult.Status.OK, List.of())
        : FileSystems.match(pattern, EmptyMatchTreatment.ALLOW);
  }

  /**
   * The one file or folder at {@code path}.
   *
   * @throws FileNotFoundException if there is none
   */
  public static MatchResult.Metadata at(String path) throws IOException {
    if (isMissing(path)) {
      throw new FileNotFoundException("there is no such file");
    }
    return FileSystems.matchSingleFileSpec(path);
  }

  private static boolean isMissing(String path) {
    return !SCHEME.matcher(path).matches()
        && !WILDCARD.matcher(path).find()
        && !Files.exists(Path.of(path));
  }
}
