package org.calibeam.pipeline.io;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.ResourceId;

/** A file on any file system that Beam knows. */
public final class StoredFile {
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
}
