package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.Repair;
import org.calibeam.pipeline.io.StoredFile;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and how it is to be quantized. */
final class ModelOptions {
  @Mixin private FloatModel model = new FloatModel();

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

  @Option(
      names = "--repair",
      paramLabel = "NAME,…",
      split = ",",
      description =
          "What to do to lose less: bias (corrects the biases of layers by the mean of their inputs), equalize (scales channels between layers alike, and does the former), none. Default: what the configuration says, else none.")
  private List<String> repairs = List.of();

  /**
   * What is calibrated.
   *
   * @throws ConfigurationException if the configuration cannot be read
   * @throws org.calibeam.core.graph.ModelException if the model cannot be read
   */
  CalibrationTask task() {
    return new CalibrationTask(model.file(), configuration().json());
  }

  private QuantizerConfiguration configuration() {
    QuantizerConfiguration base = quantizePredicates ? given().withQuantizedPredicates() : given();
    return repairs.isEmpty() ? base : base.withRepairs(repairs());
  }

  private Set<Repair> repairs() {
    Set<Repair> wanted = EnumSet.noneOf(Repair.class);
    for (String name : repairs) {
      if (!name.equals("none")) {
        wanted.add(
            Repair.named(name)
                .orElseThrow(
                    () ->
                        new ConfigurationException(
                            "--repair: there is no repair called '%s'. Use bias, equalize or none."
                                .formatted(name))));
      }
    }
    return wanted;
  }

  private QuantizerConfiguration given() {
    if (configuration == null) {
      return QuantizerConfiguration.DEFAULT;
    }
    try {
      MatchResult.Metadata file = StoredFile.at(configuration);
      try (InputStream in = Channels.newInputStream(StoredFile.open(file.resourceId()))) {
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
