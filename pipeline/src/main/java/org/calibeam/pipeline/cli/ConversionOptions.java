package org.calibeam.pipeline.cli;

import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.publish.ConversionSettings;
import org.calibeam.pipeline.publish.ConversionSettings.CalibratorName;
import org.calibeam.pipeline.publish.ConversionSettings.Pieces;
import picocli.CommandLine.Option;

/** How statistics become qparams. */
final class ConversionOptions {
  @Option(
      names = "--calibrator",
      defaultValue = "histogram",
      paramLabel = "NAME",
      description = "How ranges are chosen: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private CalibratorName calibrator = CalibratorName.HISTOGRAM;

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

  ConversionSettings settings() {
    if (minSamplesPerPath < 1) {
      throw new ConfigurationException(
          "--min-samples-per-path is %d, it must be at least 1. A path that no sample reached has no ranges."
              .formatted(minSamplesPerPath));
    }
    return new ConversionSettings(
        calibrator, minSamplesPerPath, unreached, splitPaths ? Pieces.WRITTEN : Pieces.NONE);
  }
}
