package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.StoredFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which files hold the samples, and what these files do not say themselves. */
final class SampleSource {
  @Option(
      names = "--samples",
      required = true,
      paramLabel = "PATTERN",
      description =
          "Globs of .npz, .npy, .avro, .parquet, .png or .jpg files, separated by commas.")
  private String samples = "";

  @Option(
      names = "--columns",
      paramLabel = "NAME[:DTYPE[:SHAPE]],…",
      description =
          "Columns of Parquet files, one for each input of the model, for example image:float32:3x224x224. Type and shape default to the column's own.")
  private @Nullable String columns;

  @Option(
      names = "--images",
      paramLabel = "P.json",
      description = "What is done to images: resize, crop, mean, std, layout.")
  private @Nullable String images;

  /** The files to read. */
  List<Shard> shards() {
    return shards(samples);
  }

  /** Files that {@code pattern} names, which are read like the others. */
  List<Shard> shards(String pattern) {
    return SampleFiles.match(pattern, reading());
  }

  /**
   * How files become samples.
   *
   * @throws ConfigurationException if what was said about it is not understood
   */
  Reading reading() {
    Reading reading = Reading.PLAIN;
    if (columns != null) {
      reading = reading.withColumns(columns);
    }
    return images == null ? reading : reading.withImages(text(images), images);
  }

  private static String text(String path) {
    try {
      MatchResult.Metadata file = StoredFile.at(path);
      try (InputStream in = Channels.newInputStream(StoredFile.open(file.resourceId()))) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot read the preprocessing of images in %s: %s. Check the path."
              .formatted(path, e.getMessage()),
          e);
    }
  }
}
