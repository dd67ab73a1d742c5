package org.calibeam.pipeline.observe;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Program;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.pipeline.io.StoredFile;

/**
 * A model that every worker finds for itself: where it lies, and what it must be.
 *
 * @param path on any file system that Beam knows and every worker reaches
 * @param sha256 of the whole file, in hex
 */
public record ModelFile(String path, String sha256) implements Serializable {

  /** What is done with a local copy of the file. */
  interface Use<T> {
    T with(Path local) throws IOException;
  }

  /**
   * The file at {@code path} as it is now.
   *
   * @throws ModelException if it cannot be read
   */
  public static ModelFile of(String path) {
    try {
      MatchResult.Metadata file = StoredFile.at(path);
      if (file.resourceId().isDirectory()) {
        throw new ModelException(
            "Cannot read the model %s: it is a folder. Give a .pt2 archive.".formatted(path));
      }
      return new ModelFile(file.resourceId().toString(), Hashes.of(file.resourceId()));
    } catch (FileNotFoundException e) {
      throw new ModelException(
          "Cannot read the model %s: there is no such file. Check the path.".formatted(path), e);
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  /**
   * The program in the file.
   *
   * @throws ModelException if the file is no longer what it was, or no archive
   */
  public Program read() {
    return local(Pt2Reader::read);
  }

  /** Gives {@code use} the file, or a copy of it if it is not on a local disk. */
  <T> T local(Use<T> use) {
    ResourceId resource = FileSystems.matchNewResource(path, false);
    try {
      if (!Hashes.of(resource).equals(sha256)) {
        throw new ModelException(
            "The model %s changed while the job ran. Keep it as it is until the job is done."
                .formatted(path));
      }
      if (resource.getScheme().equals("file")) {
        return use.with(Path.of(path));
      }
      Path copy = Files.createTempFile("calibeam-model", ".pt2");
      try (InputStream in = Channels.newInputStream(StoredFile.open(resource))) {
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        return use.with(copy);
      } finally {
        Files.delete(copy);
      }
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  private static ModelException unreadable(String path, IOException cause) {
    return new ModelException(
        "Cannot read the model %s: %s. Check the path and the access to it."
            .formatted(path, cause.getMessage()),
        cause);
  }
}
