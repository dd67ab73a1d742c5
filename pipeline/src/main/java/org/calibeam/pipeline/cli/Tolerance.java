package org.calibeam.pipeline.cli;

import org.calibeam.core.qspec.ConfigurationException;
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

  /**
   * How many bad samples do not fail the job.
   *
   * @throws ConfigurationException if a negative number was given
   */
  long maxBadSamples() {
    if (maxBadSamples < 0) {
      throw new ConfigurationException(
          "--max-bad-samples is %d, it cannot be less than none. Give 0 to fail at the first."
              .formatted(maxBadSamples));
    }
    return maxBadSamples;
  }
}
