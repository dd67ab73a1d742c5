package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.SampleFiles;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.publish.FinishedEvaluation;
import org.calibeam.pipeline.publish.OutputFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    description = "Compares a quantized model with its float model over samples.",
    mixinStandardHelpOptions = true)
final class EvaluateCommand extends CalibrationVerb implements Runnable {
  @Mixin private ReadingOptions reading = new ReadingOptions();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "M.pt2",
      description = "The float model, as torch.export.save wrote it.")
  private String model = "";

  @Option(
      names = "--quantized",
      required = true,
      paramLabel = "Q.pt2",
      description = "The quantized model made of it.")
  private String quantized = "";

  @Option(
      names = "--samples",
      required = true,
      paramLabel = "PATTERN",
      description = ReadingOptions.PATTERN + " Samples that did not calibrate the model tell more.")
  private String samples = "";

  @Option(
      names = "--max-bad-samples",
      defaultValue = "0",
      paramLabel = "N",
      description =
          "Set up to N bad samples aside, in dead-letters.avro. Default: ${DEFAULT-VALUE}, the first one fails the job.")
  private long maxBadSamples;

  @Mixin private OutputOptions output = new OutputOptions();

  @Override
  public void run() {
    long start = System.nanoTime();
    PipelineOptions options = pipelineOptions();
    OutputFolder folder = output.open();
    folder.requireOwn(OutputFolder.EVALUATION);
    List<Shard> shards = SampleFiles.match(samples, reading.reading());
    ModelFile expecting = ModelFile.of(model);
    ModelFile judged = ModelFile.of(quantized);
    try (Staging staging = Staging.of(folder)) {
      Evaluation evaluation =
          new EvaluationJob(expecting, judged, shards, maxBadSamples)
              .run(
                  options,
                  folder.scratch("comparison"),
                  pipeline ->
                      PipelineRun.run(
                          pipeline,
                          new Progress(terminal(), "evaluating", null),
                          staging,
                          cluster(options)));
      ObjectNode written =
          staging.commit(
              to -> FinishedEvaluation.commit(to, expecting, judged, shards, evaluation));
      double seconds = (System.nanoTime() - start) / 1e9;
      if (terminal().json()) {
        written.put("event", "done").put("output", folder.path());
        written.put("seconds", Math.round(seconds * 10) / 10.0);
        terminal().out().println(written);
      } else {
        EvaluationTable.print(terminal().out(), evaluation, seconds);
        terminal().out().printf("Figures: %s%n", folder.path() + OutputFolder.EVALUATION);
      }
    }
  }
}
