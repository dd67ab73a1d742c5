package org.calibeam.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.NpzWriter;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;

/** Reads and writes whole files of samples. */
public final class SampleSets {
  private SampleSets() {}

  public static List<List<TensorData>> read(Path file) throws IOException {
    List<List<TensorData>> samples = new ArrayList<>();
    ShardPart.Visitor visitor =
        new ShardPart.Visitor() {
          @Override
          public void sample(InputSample sample) {
            samples.add(sample.inputs());
          }

          @Override
          public void unreadable(SampleId id, String reason) {
            throw new IllegalStateException(id + ": " + reason);
          }
        };
    new Shard(file.toString(), Files.size(file)).parts().forEach(part -> part.read(visitor));
    return samples;
  }

  /** Writes a {@code .npz} file; samples are numbered from 0. */
  public static Path write(Path file, List<List<TensorData>> samples) throws IOException {
    try (NpzWriter writer = new NpzWriter(Files.newOutputStream(file))) {
      for (int s = 0; s < samples.size(); s++) {
        for (int i = 0; i < samples.get(s).size(); i++) {
          writer.write(String.format(Locale.ROOT, "%05d.%d", s, i), samples.get(s).get(i));
        }
      }
    }
    return file;
  }
}
