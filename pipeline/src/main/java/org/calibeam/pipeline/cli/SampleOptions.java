package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.Shard;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which samples calibrate, and how many bad ones are borne. */
final class SampleOptions {
  @Mixin private ReadingOptions reading = new ReadingOptions();

  @Option(
      names = "--samples",
      required = true,
      paramLabel = "PATTERN",
      description = ReadingOptions.PATTERN)
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
    return SampleFiles.match(samples, reading.reading());
  }

  long maxBadSamples() {
    return maxBadSamples;
  }

  /** How files become samples. */
  Reading reading() {
    return reading.reading();
  }

  /**
   * What was done to the samples before they were written, in the words of who did it, and what is
   * done as they are read.
   */
  String preprocessing() {
    return reading().preprocessing(preprocessing);
  }
}
