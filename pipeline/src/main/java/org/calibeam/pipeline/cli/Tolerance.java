package org.calibeam.pipeline.cli;

import picocli.CommandLine.Option;

/** How many bad samples are borne. */
final class Tolerance {
  @Option(
      names = "--max-bad-samples",
      defaultValue = "0",
      paramLabel = "N",
      description =
          "Set up to N bad samples aside, in dead-letters.avro. Default: ${DEFAULT-VALUE}, the first one fails the job.")
  private long maxBadSamples;

  long maxBadSamples() {
    return maxBadSamples;
  }
}
