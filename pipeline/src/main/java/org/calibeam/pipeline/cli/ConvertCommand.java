package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.observe.PreparedModel;
import org.calibeam.pipeline.publish.Baseline;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;
import org.calibeam.pipeline.publish.RunResults;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "convert",
    description = "Writes a quantized model from statistics; no sample is run.",
    mixinStandardHelpOptions = true)
final class ConvertCommand extends BeamVerb implements Runnable {
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private OutputOptions output = new OutputOptions();
  @Mixin private ConversionOptions conversion = new ConversionOptions();

  @Option(
      names = "--statistics",
      required = true,
      paramLabel = "A,B,…",
      split = ",",
      description = "Files that calibrate wrote; several are merged.")
  private List<String> statistics = List.of();

  @Override
  public void run() {
    long start = System.nanoTime();
    pipelineOptions();
    OutputFolder folder = output.open();
    // Both take their time, and neither needs the other.
    CompletableFuture<RunStatistics> reading =
        CompletableFuture.supplyAsync(() -> StatisticsFiles.merged(statistics));
    CalibrationTask task = model.task();
    PreparedModel prepared = PreparedModel.acquire(task);
    try {
      convert(task, reading.join(), folder, start);
    } finally {
      prepared.release();
    }
  }

  private void convert(
      CalibrationTask task, RunStatistics merged, OutputFolder folder, long start) {
    Optional<Baseline> baseline = conversion.baseline();
    StatisticsFiles.checkMadeFor(merged, task, statistics);
    try (Staging staging = Staging.of(folder)) {
      new Publication(task, folder, Optional.of(conversion.settings(task)), 0)
          .stage(new RunResults(merged, new TreeMap<>(), List.of()));
      FinishedRun.Committed done = staging.commit(to -> FinishedRun.commit(to, baseline));
      Summary.print(terminal(), done, folder, start);
    }
  }
}
