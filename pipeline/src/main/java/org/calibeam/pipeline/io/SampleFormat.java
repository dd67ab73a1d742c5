package org.calibeam.pipeline.io;

import java.util.Locale;
import org.calibeam.core.observe.SamplesException;

/** How a file holds samples, told by the end of its name. */
enum SampleFormat {
  NPZ,
  NPY,
  AVRO;

  /**
   * The format of {@code shard}.
   *
   * @throws SamplesException if its name tells none
   */
  static SampleFormat of(Shard shard) {
    String name = shard.name().toLowerCase(Locale.ROOT);
    for (SampleFormat format : values()) {
      if (name.endsWith("." + format.name().toLowerCase(Locale.ROOT))) {
        return format;
      }
    }
    throw new SamplesException(
        "Cannot tell what %s holds: its name ends in none of .npz, .npy, .avro. Rename it or leave it out of the pattern."
            .formatted(shard.path()));
  }
}
