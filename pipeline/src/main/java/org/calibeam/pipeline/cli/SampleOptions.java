package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.io.Shard;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which samples calibrate, and how many bad ones are borne. */
final class SampleOptions {
  @Mixin private SampleSource source = new SampleSource();
  @Mixin private Tolerance tolerance = new Tolerance();

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
    return source.shards();
  }

  long maxBadSamples() {
    return tolerance.maxBadSamples();
  }

  /** Files that {@code pattern} names, which are read like those that calibrate. */
  List<Shard> shards(String pattern) {
    return source.shards(pattern);
  }

  /**
   * What was done to the samples before they were written, in the words of who did it, and what is
   * done as they are read.
   */
  String preprocessing() {
    return source.reading().preprocessing(preprocessing);
  }
}
