package org.calibeam.pipeline.nightly;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.FinalName;
import org.calibeam.pipeline.io.StoredFile;

/**
 * Files below a folder on any file system that Beam knows, by names relative to it. What fails is a
 * {@link ConfigurationException}: whoever set up the store must act.
 *
 * @param root ends with a slash
 */
record StoreFiles(String root) {

  static StoreFiles at(String path) {
    ResourceId folder = FileSystems.matchNewResource(path.endsWith("/") ? path : path + "/", true);
    return new StoreFiles(folder.toString());
  }

  ResourceId resource(String name) {
    return FileSystems.matchNewResource(root + name, name.endsWith("/"));
  }

  /** Where the file called {@code name} lies if that is on a local disk. */
  Optional<Path> local(String name) {
    return resource("x").getScheme().equals("file")
        ? Optional.of(Path.of(root + name))
        : Optional.empty();
  }

  Optional<byte[]> read(String name) {
    try (InputStream in = Channels.newInputStream(StoredFile.open(resource(name)))) {
      return Optional.of(in.readAllBytes());
    } catch (FileNotFoundException | NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed("read", name, e);
    }
  }

  boolean exists(String name) {
    return !match(root + name).isEmpty();
  }

  /** Writes a file in place: whoever reads it meanwhile may find half of it. */
  void write(String name, byte[] content) {
    try (OutputStream out =
        Channels.newOutputStream(FileSystems.create(resource(name), "application/octet-stream"))) {
      out.write(content);
    } catch (IOException e) {
      throw failed("write", name, e);
    }
  }

  /** Moves a file over another. */
  void move(String from, String to) {
    try {
      FinalName.give(resource(from), resource(to));
    } catch (IOException e) {
      throw failed("write", to, e);
    }
  }

  /** Deletes a file, or does nothing if it is not there. */
  void delete(String name) {
    try {
      FileSystems.delete(List.of(resource(name)), StandardMoveOptions.IGNORE_MISSING_FILES);
    } catch (IOException e) {
      throw failed("delete", name, e);
    }
  }

  /** Names of the files that match a glob, ordered. */
  List<String> list(String glob) {
    return match(root + glob).stream()
        .filter(file -> !file.resourceId().isDirectory())
        .map(file -> file.resourceId().toString())
        .filter(path -> path.startsWith(root))
        .map(path -> path.substring(root.length()))
        .sorted()
        .toList();
  }

  private List<MatchResult.Metadata> match(String pattern) {
    try {
      MatchResult found = StoredFile.match(pattern);
      return found.status() == MatchResult.Status.OK ? found.metadata() : List.of();
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw failed("look into", pattern, e);
    }
  }

  /**
   * Deletes all files in a folder, and the folder where there are such things.
   *
   * @param folder ends with a slash
   */
  void deleteAll(String folder) {
    list(folder + "**").forEach(this::delete);
    Optional<Path> local = local(folder);
    if (local.isPresent() && Files.exists(local.get())) {
      try {
        Files.walkFileTree(local.get(), new Deleting());
      } catch (IOException e) {
        throw failed("delete", folder, e);
      }
    }
  }

  private static final class Deleting extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException failed) throws IOException {
      Files.deleteIfExists(folder);
      return FileVisitResult.CONTINUE;
    }
  }

  ConfigurationException failed(String doing, String name, IOException cause) {
    return new ConfigurationException(
        "Cannot %s %s in the store %s: %s. Check that it is a folder with room that you may write to."
            .formatted(doing, name, root, cause.getMessage() == null ? cause : cause.getMessage()),
        cause);
  }
}
