package org.calibeam.pipeline.cli;

import java.util.List;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.Shard;
import picocli.CommandLine.Option;

/** Which samples calibrate, and how many bad ones are borne. */
final class SampleOptions {
  @Option(
      names = "--samples",
      required = true,
      paramLabel = "PATTERN",
      description = "Globs of .npz, .npy or .avro files, separated by commas.")
  private String samples = "";

  @Option(
      names = "--max-bad-samples",
      defaultValue = "0",
      paramLabel = "N",
      description =
          "Set up to N bad samples aside, in dead-letters.avro. Default: ${DEFAULT-VALUE}, the first one fails the job.")
  private long maxBadSamples;

  @Option(
      names = "--preprocessing",
      defaultValue = "",
      paramLabel = "LABEL",
      description =
          "What was done to the samples, in your words. Only statistics with the same label can be merged.")
  private String preprocessing = "";

  List<Shard> shards() {
    return SampleFiles.match(samples);
  }

  long maxBadSamples() {
    return maxBadSamples;
  }

  String preprocessing() {
    return preprocessing;
  }
}
