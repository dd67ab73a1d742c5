package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.io.AvroShards;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "import",
    description = "Turns samples of any readable format into Avro files of equal size.",
    mixinStandardHelpOptions = true)
final class ImportCommand extends BeamVerb implements Runnable {
  @Mixin private SampleSource samples = new SampleSource();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "Folder for samples-00000.avro and so on; files of these names are replaced.")
  private String output = "";

  @Option(
      names = "--samples-per-file",
      defaultValue = "1000",
      paramLabel = "N",
      description = "Samples in each file but the last. Default: ${DEFAULT-VALUE}.")
  private long samplesPerFile;

  @Override
  public void run() {
    pipelineOptions();
    if (samplesPerFile < 1) {
      throw new ConfigurationException(
          "--samples-per-file is %d, it must be at least 1. Give how many samples a file shall hold."
              .formatted(samplesPerFile));
    }
    List<Shard> shards = samples.shards();
    try (AvroShards written = new AvroShards(output, samplesPerFile)) {
      for (Shard shard : shards) {
        for (ShardPart part : shard.parts()) {
          part.read(written);
        }
      }
      written.finish();
      terminal()
          .out()
          .printf(
              "Wrote %d samples to %d files in %s%n", written.samples(), written.files(), output);
    } catch (IOException | UncheckedIOException e) {
      throw new ConfigurationException(
          "Cannot write the samples to %s: %s. Check that it is a folder with room that you may write to."
              .formatted(output, e.getMessage()),
          e);
    }
  }
}
