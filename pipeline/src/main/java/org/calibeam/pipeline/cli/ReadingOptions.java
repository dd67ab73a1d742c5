package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.io.StoredFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What files of samples do not say themselves. */
final class ReadingOptions {
  static final String PATTERN =
      "Globs of .npz, .npy, .avro, .parquet, .png or .jpg files, separated by commas.";

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

  /**
   * What was said about it.
   *
   * @throws ConfigurationException if it is not understood
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
      MatchResult.Metadata file = FileSystems.matchSingleFileSpec(path);
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
