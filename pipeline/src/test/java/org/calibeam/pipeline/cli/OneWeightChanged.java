package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** A model with one bit of one weight changed, its archive otherwise the same. */
final class OneWeightChanged {
  private OneWeightChanged() {}

  static Path of(Path model, Path copy) throws IOException {
    boolean changed = false;
    try (ZipFile zip = new ZipFile(model.toFile());
        OutputStream file = Files.newOutputStream(copy);
        ZipOutputStream out = new ZipOutputStream(file)) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        byte[] bytes = zip.getInputStream(entry).readAllBytes();
        if (!changed && entry.getName().contains("data/weights/weight_")) {
          bytes[0] ^= 1;
          changed = true;
        }
        ZipEntry stored = new ZipEntry(entry.getName());
        CRC32 crc = new CRC32();
        crc.update(bytes);
        stored.setMethod(ZipEntry.STORED);
        stored.setSize(bytes.length);
        stored.setCrc(crc.getValue());
        out.putNextEntry(stored);
        out.write(bytes);
      }
    }
    assertThat(changed).isTrue();
    return copy;
  }
}
