package org.calibeam.pipeline.io;

import java.util.List;
import java.util.Locale;
import org.calibeam.core.observe.SamplesException;

/** How a file holds samples, told by the end of its name. */
enum SampleFormat {
  NPZ(".npz"),
  NPY(".npy"),
  AVRO(".avro"),
  PARQUET(".parquet"),
  IMAGE(".png", ".jpg", ".jpeg");

  private final List<String> endings;

  SampleFormat(String... endings) {
    this.endings = List.of(endings);
  }

  /**
   * The format of the file at {@code path}.
   *
   * @throws SamplesException if its name tells none
   */
  static SampleFormat of(String path) {
    for (SampleFormat format : values()) {
      if (format.isOf(path)) {
        return format;
      }
    }
    throw new SamplesException(
        "Cannot tell what %s holds: its name ends in none of .npz, .npy, .avro, .parquet, .png, .jpg. Rename it or leave it out of the pattern."
            .formatted(path));
  }

  /** Whether the file at {@code path} has this format. */
  boolean isOf(String path) {
    String name = path.toLowerCase(Locale.ROOT);
    return endings.stream().anyMatch(name::endsWith);
  }
}
