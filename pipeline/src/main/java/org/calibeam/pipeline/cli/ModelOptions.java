package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.ModelFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model, and how it is to be quantized. */
final class ModelOptions {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "M.pt2",
      description = "The float model, as torch.export.save wrote it.")
  private String model = "";

  @Option(
      names = "--config",
      paramLabel = "C.json",
      description =
          "The quantizer's steps. Default: everything int8, weights symmetric per channel.")
  private @Nullable String configuration;

  @Option(
      names = "--quantize-predicates",
      description =
          "Quantize what decides about control flow as well, as the Python quantizer does. Samples near a threshold may then take another path.")
  private boolean quantizePredicates;

  /**
   * What is calibrated.
   *
   * @throws ConfigurationException if the configuration cannot be read
   * @throws org.calibeam.core.graph.ModelException if the model cannot be read
   */
  CalibrationTask task() {
    return new CalibrationTask(ModelFile.of(model), configuration().json());
  }

  private QuantizerConfiguration configuration() {
    return quantizePredicates ? given().withQuantizedPredicates() : given();
  }

  private QuantizerConfiguration given() {
    if (configuration == null) {
      return QuantizerConfiguration.DEFAULT;
    }
    try {
      MatchResult.Metadata file = FileSystems.matchSingleFileSpec(configuration);
      try (InputStream in = Channels.newInputStream(FileSystems.open(file.resourceId()))) {
        return QuantizerConfiguration.parse(
            new String(in.readAllBytes(), StandardCharsets.UTF_8), configuration);
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot read the configuration %s: %s. Check the path."
              .formatted(configuration, e.getMessage()),
          e);
    }
  }
}
