package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.analyze.Analysis;
import org.calibeam.pipeline.analyze.AnalysisJob;
import org.calibeam.pipeline.analyze.Goal;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.publish.FinishedAnalysis;
import org.calibeam.pipeline.publish.OutputFolder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "analyze",
    description =
        "Says what quantizing each module costs and proposes a mix of int8, int16 and floating point.",
    mixinStandardHelpOptions = true)
final class AnalyzeCommand extends CalibrationVerb implements Runnable {
  @Mixin private FloatModel model = new FloatModel();
  @Mixin private SampleSource samples = new SampleSource();

  @Option(
      names = "--evaluate",
      paramLabel = "PATTERN",
      description =
          "Samples to measure with. Default: those of --samples, which calibrate each candidate.")
  private @Nullable String evaluate;

  @Option(
      names = "--statistics",
      paramLabel = "A,B,…",
      split = ",",
      description =
          "Statistics of the model, which must be this one. A mix needs statistics of its own, which come from --samples.")
  private List<String> statistics = List.of();

  @Option(
      names = "--int8-share",
      paramLabel = "S",
      description =
          "Least share of the multiply-accumulates in int8, from 0 to 1: the best SQNR with it is proposed.")
  private @Nullable Double int8Share;

  @Option(
      names = "--target-sqnr",
      paramLabel = "DB",
      description =
          "Least SQNR: the mix with the most int8 that reaches it is proposed. Default without --int8-share: 20.")
  private @Nullable Double targetSqnr;

  @Option(
      names = "--screening",
      defaultValue = "16",
      paramLabel = "N",
      description =
          "How many samples calibrate and measure each module alone; mixes are tried with all. Default: ${DEFAULT-VALUE}.")
  private long screening;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description =
          "Keeps what was found about each candidate, and takes what is known: a run that was stopped continues.")
  private @Nullable String state;

  @Mixin private OutputOptions output = new OutputOptions();

  @Override
  public void run() {
    long start = System.nanoTime();
    Goal goal = goal();
    if (screening < 1) {
      throw new ConfigurationException(
          "--screening is %d, it must be at least 1.".formatted(screening));
    }
    PipelineOptions options = pipelineOptions();
    OutputFolder folder = output.open();
    folder.requireOwn(OutputFolder.ANALYSIS);
    List<Shard> calibrate = samples.shards();
    List<Shard> measure = evaluate == null ? calibrate : samples.shards(evaluate);
    ModelFile file = model.file();
    if (!statistics.isEmpty()) {
      StatisticsFiles.checkMadeOf(StatisticsFiles.merged(statistics), file, statistics);
    }
    String keptAt =
        state == null
            ? folder.scratch("candidate-").toString()
            : (state.endsWith("/") ? state : state + "/") + "candidate-";
    try (Staging staging = Staging.of(folder)) {
      Analysis analysis =
          new AnalysisJob(file, calibrate, measure, screening, keptAt)
              .run(
                  options,
                  goal,
                  pipeline ->
                      PipelineRun.run(
                          pipeline,
                          new Progress(terminal(), "analyzing", null),
                          staging,
                          cluster(options)));
      ObjectNode written =
          staging.commit(to -> FinishedAnalysis.commit(to, file, calibrate, measure, analysis));
      tell(analysis, written, folder, (System.nanoTime() - start) / 1e9);
      if (!analysis.isReached() && (int8Share != null || targetSqnr != null)) {
        throw new ConfigurationException(
            "No mix does what is asked; the best one tried has %s. Ask for less, or see %s for the curve."
                .formatted(analysis.summary(), folder.path() + OutputFolder.ANALYSIS));
      }
    }
  }

  private Goal goal() {
    if (int8Share != null && !(int8Share >= 0 && int8Share <= 1)) {
      throw new ConfigurationException(
          "--int8-share is %s, it must be from 0 to 1. Give 0.6 for 60 %%.".formatted(int8Share));
    }
    return new Goal(optional(int8Share), optional(targetSqnr));
  }

  private static OptionalDouble optional(@Nullable Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private void tell(Analysis analysis, ObjectNode written, OutputFolder folder, double seconds) {
    if (terminal().json()) {
      terminal().out().println(Summary.finished(written, folder, seconds));
      return;
    }
    terminal()
        .out()
        .printf(
            Locale.ROOT,
            "Tried %d candidates (%d known) in %.1f s%nEverything in int8: SQNR %.2f dB%nProposed: %s%nConfiguration: %s%nAnalysis:      %s%n",
            analysis.tried(),
            analysis.known(),
            seconds,
            analysis.allInt8SqnrDb(),
            analysis.summary(),
            folder.path() + OutputFolder.CONFIGURATION,
            folder.path() + OutputFolder.ANALYSIS_PAGE);
  }
}
