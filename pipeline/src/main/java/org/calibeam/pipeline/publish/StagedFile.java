package org.calibeam.pipeline.publish;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.beam.sdk.io.FileSystems;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.observe.Hashes;

/**
 * A file of a run, as its manifest lists it.
 *
 * @param sha256 in hex
 */
public record StagedFile(String name, long bytes, String sha256) {

  /** Something that writes itself. */
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Writes {@code content} to the staging folder; writing the same again changes nothing. */
  public static void write(OutputFolder folder, String name, Content content) {
    try (OutputStream out =
        new BufferedOutputStream(
            Channels.newOutputStream(
                FileSystems.create(folder.staged(name), "application/octet-stream")),
            1 << 16)) {
      content.writeTo(out);
    } catch (IOException e) {
      throw OutputFolder.unwritable(folder.path(), e);
    }
  }

  public static void write(OutputFolder folder, String name, byte[] content) {
    write(folder, name, out -> out.write(content));
  }

  /** The whole content of a staged file. */
  public static byte[] read(OutputFolder folder, String name) {
    try (InputStream in = open(folder, name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw OutputFolder.unwritable(folder.path(), e);
    }
  }

  /** Size and hash of a staged file as it lies there. */
  static StagedFile of(OutputFolder folder, String name) {
    MessageDigest digest = Hashes.sha256();
    long bytes = 0;
    try (InputStream in = open(folder, name)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
        bytes += n;
      }
    } catch (IOException e) {
      throw OutputFolder.unwritable(folder.path(), e);
    }
    return new StagedFile(name, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static InputStream open(OutputFolder folder, String name) throws IOException {
    return Channels.newInputStream(StoredFile.open(folder.staged(name)));
  }
}
