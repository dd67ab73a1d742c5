package org.calibeam.pipeline.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.observe.Hashes;
import org.calibeam.schemas.DeadLetter;

/** {@code dead-letters.avro}: the samples that were set aside, and why. */
final class DeadLetters {
  private static final byte[] SYNC =
      Arrays.copyOf(
          Hashes.sha256().digest(DeadLetter.getClassSchema().toString().getBytes(UTF_8)), 16);

  private DeadLetters() {}

  static byte[] toBytes(List<BadSample> bad) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DataFileWriter<DeadLetter> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(DeadLetter.class))) {
      // Avro's default, a random sync marker, would make every run differ.
      writer.create(DeadLetter.getClassSchema(), out, SYNC);
      for (BadSample sample : bad) {
        writer.append(
            new DeadLetter(
                sample.id().toString(), sample.stage(), sample.reason(), sample.source()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot fail to be written", e);
    }
    return out.toByteArray();
  }
}
