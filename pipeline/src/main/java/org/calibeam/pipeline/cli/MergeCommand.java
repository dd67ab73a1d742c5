package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.StatisticsFile;
import org.calibeam.pipeline.io.FinalName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "merge",
    description = "Merges the statistics of several runs into one file.",
    mixinStandardHelpOptions = true)
final class MergeCommand extends BeamVerb implements Runnable {
  @Option(
      names = "--statistics",
      required = true,
      paramLabel = "A,B,…",
      split = ",",
      description = "Files that calibrate, quantize or merge wrote.")
  private List<String> statistics = List.of();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "F",
      description = "The file to write, or to replace.")
  private String output = "";

  @Override
  public void run() {
    pipelineOptions();
    RunStatistics merged = StatisticsFiles.merged(statistics);
    ResourceId target = FileSystems.matchNewResource(output, false);
    ResourceId temporary = FileSystems.matchNewResource(output + ".part", false);
    try {
      try (OutputStream out =
          Channels.newOutputStream(FileSystems.create(temporary, "avro/binary"))) {
        out.write(StatisticsFile.toBytes(merged));
      }
      FinalName.give(temporary, target);
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot write %s: %s. Check that you may write there and that there is room."
              .formatted(output, e.getMessage()),
          e);
    }
    terminal()
        .out()
        .printf(
            "Merged %d files: %d samples of %d shards, %d observers -> %s%n",
            statistics.size(),
            merged.samples(),
            merged.shards().size(),
            merged.statistics().size(),
            output);
  }
}
