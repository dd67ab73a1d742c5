package org.calibeam.pipeline.cli;

import java.util.Locale;
import java.util.Optional;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.convert.ControlFlowForm;
import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.publish.Baseline;
import org.calibeam.pipeline.publish.ConversionSettings;
import org.calibeam.pipeline.publish.ConversionSettings.Pieces;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How statistics become qparams. */
final class ConversionOptions {
  @Option(
      names = "--calibrator",
      paramLabel = "NAME",
      description =
          "How ranges are chosen: "
              + Calibrator.NAMES
              + ". Default: what the configuration says, else histogram.")
  private @Nullable String calibrator;

  @Option(
      names = "--min-samples-per-path",
      defaultValue = "1",
      paramLabel = "N",
      description =
          "Least number of samples that must reach a code path. Default: ${DEFAULT-VALUE}.")
  private long minSamplesPerPath;

  @Option(
      names = {"--unreached-paths", "--unreached-path"},
      defaultValue = "fail",
      paramLabel = "POLICY",
      description =
          "What becomes of a code path that fewer samples reach: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private UnreachedPathPolicy unreached = UnreachedPathPolicy.FAIL;

  @Option(
      names = "--split-paths",
      description =
          "Also write the straight pieces between control flow, each an archive that lowers by itself, to paths/.")
  private boolean splitPaths;

  @Option(
      names = "--control-flow",
      defaultValue = "torch",
      paramLabel = "FORM",
      description =
          "For whom model.pt2 keeps cond and while_loop: ${COMPLETION-CANDIDATES}. With tosa the whole program lowers to TOSA with the control-flow extension, and weights in branches have one scale per tensor. Default: ${DEFAULT-VALUE}.")
  private ControlFlowForm controlFlow = ControlFlowForm.TORCH;

  @Option(
      names = "--baseline",
      paramLabel = "DIR",
      description = "An earlier run, its folder or report.json: the report says what moved since.")
  private @Nullable String baseline;

  /**
   * The earlier run to compare with.
   *
   * @throws ConfigurationException if it cannot be read
   */
  Optional<Baseline> baseline() {
    return Optional.ofNullable(baseline).map(Baseline::read);
  }

  /**
   * The settings for {@code task}, whose configuration may name a calibrator.
   *
   * @throws ConfigurationException if an option has no such value
   */
  ConversionSettings settings(CalibrationTask task) {
    if (minSamplesPerPath < 1) {
      throw new ConfigurationException(
          "--min-samples-per-path is %d, it must be at least 1. A path that no sample reached has no ranges."
              .formatted(minSamplesPerPath));
    }
    return new ConversionSettings(
        chosen(task).name(),
        minSamplesPerPath,
        unreached,
        splitPaths ? Pieces.WRITTEN : Pieces.NONE,
        controlFlow);
  }

  private Calibrator chosen(CalibrationTask task) {
    if (calibrator == null) {
      return CalibratorChoice.global(task.calibrators()).orElse(Calibrator.histogram());
    }
    try {
      return Calibrator.named(calibrator.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("--calibrator: %s.".formatted(e.getMessage()), e);
    }
  }
}
