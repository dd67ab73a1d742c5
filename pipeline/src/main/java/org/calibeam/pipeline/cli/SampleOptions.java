package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.Shard;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description =
          "Keeps the statistics of each finished shard here, and takes those of shards that are known: a run that was stopped continues, and one with new files runs only these.")
  private @Nullable String state;

  /** Where statistics of shards are kept, if anywhere. */
  Optional<ShardStore> store() {
    return Optional.ofNullable(state).map(ShardStore::at);
  }

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
