package org.calibeam.core.pt2;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.calibeam.core.graph.Program;

/**
 * Writes archives that {@code torch.export.load} reads. The same program gives the same bytes,
 * whenever and wherever it is written.
 */
public final class Pt2Writer {
  private static final String ROOT = "model/";
  private static final BigInteger ID_LIMIT = BigInteger.TEN.pow(40);

  private Pt2Writer() {}

  /**
   * Writes {@code program} under the name {@code model}; {@code out} stays open.
   *
   * <p>All constants of the program are written, used or not. Uses of one constant become one
   * input, named after the first.
   *
   * @throws IllegalArgumentException if a branch uses a constant that is not passed to it, or if
   *     the program holds what the archive has no form for
   */
  public static void write(Program program, OutputStream out) throws IOException {
    Map<String, ByteBuffer> entries = new LinkedHashMap<>(ConstantsWriter.write(program));
    put(
        entries,
        ArchiveLayout.program(ArchiveLayout.MODEL),
        Json.bytes(ProgramWriter.write(program)));
    program
        .attachments()
        .forEach((path, attachment) -> entries.putIfAbsent(path, attachment.content().bytes()));
    // PyTorch wants the entry to exist; empty stands for no sample inputs.
    entries.putIfAbsent(ArchiveLayout.sampleInputs(ArchiveLayout.MODEL), ByteBuffer.allocate(0));
    put(entries, ArchiveLayout.FORMAT, ArchiveLayout.FORMAT_VALUE);
    put(entries, ArchiveLayout.VERSION, ArchiveLayout.VERSION_VALUE);
    put(entries, ArchiveLayout.ZIP_VERSION, ArchiveLayout.ZIP_VERSION_VALUE);
    put(entries, ArchiveLayout.BYTE_ORDER, ArchiveLayout.BYTE_ORDER_VALUE);
    put(entries, ArchiveLayout.SERIALIZATION_ID, id(entries));
    ZipWriter zip = new ZipWriter(out);
    for (Map.Entry<String, ByteBuffer> entry : entries.entrySet()) {
      zip.add(ROOT + entry.getKey(), entry.getValue());
    }
    zip.finish();
  }

  private static void put(Map<String, ByteBuffer> entries, String name, String text) {
    put(entries, name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(Map<String, ByteBuffer> entries, String name, byte[] content) {
    entries.put(name, ByteBuffer.wrap(content));
  }

  /** Forty decimal digits that depend on names and contents alone. */
  private static String id(Map<String, ByteBuffer> entries) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      entries.forEach(
          (name, content) -> {
            digest.update(
                (name + "\n" + content.remaining() + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(content.duplicate());
          });
      return "%040d".formatted(new BigInteger(1, digest.digest()).mod(ID_LIMIT));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }
}
