package org.calibeam.pipeline.nightly;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.pipeline.io.Reading;
import org.calibeam.pipeline.publish.ConversionSettings;

/**
 * What is requantized, from what, and when a new model replaces the published one. Paths are
 * absolute, or mean the same wherever they are read.
 *
 * @param source path of the job file
 * @param preprocessing label of what was done to the samples, also as they are read; empty if
 *     nothing
 * @param reading what the files of samples do not say themselves
 * @param store folder of the runs and of the current model
 * @param state folder of the statistics of single files
 * @param tolerance share of its width by which a range may differ and still be the same
 * @param keptRuns how many runs are kept beside the current one and the one before it
 */
public record NightlyJob(
    String source,
    String model,
    QuantizerConfiguration configuration,
    ConversionSettings conversion,
    String preprocessing,
    String samples,
    Reading reading,
    Window window,
    String store,
    String state,
    HeldOut heldOut,
    Gates gates,
    double tolerance,
    int keptRuns,
    Hooks hooks) {

  /**
   * Samples that never calibrate.
   *
   * @param share of all samples
   * @param samples how many of them judge a model, newest partitions first
   */
  public record HeldOut(double share, long samples) {}

  /**
   * Who is told of decisions.
   *
   * @param command program and arguments; empty if none
   * @param on names of the decisions to tell of
   */
  public record Hooks(List<String> command, Optional<String> webhook, Set<String> on) {
    public Hooks {
      command = List.copyOf(command);
      on = Set.copyOf(on);
    }
  }
}
