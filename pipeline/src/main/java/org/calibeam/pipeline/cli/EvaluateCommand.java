package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.publish.FinishedEvaluation;
import org.calibeam.pipeline.publish.OutputFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    description =
        "Compares a quantized model with its float model over samples. Such as did not calibrate it tell more.",
    mixinStandardHelpOptions = true)
final class EvaluateCommand extends CalibrationVerb implements Runnable {
  @Mixin private FloatModel model = new FloatModel();

  @Option(
      names = "--quantized",
      required = true,
      paramLabel = "Q.pt2",
      description = "The quantized model made of it.")
  private String quantized = "";

  @Mixin private SampleSource samples = new SampleSource();
  @Mixin private Tolerance tolerance = new Tolerance();
  @Mixin private OutputOptions output = new OutputOptions();

  @Override
  public void run() {
    long start = System.nanoTime();
    PipelineOptions options = pipelineOptions();
    OutputFolder folder = output.open();
    folder.requireOwn(OutputFolder.EVALUATION);
    List<Shard> shards = samples.shards();
    ModelFile expecting = model.file();
    ModelFile judged = ModelFile.of(quantized);
    try (Staging staging = Staging.of(folder)) {
      Evaluation evaluation =
          new EvaluationJob(expecting, judged, shards, tolerance.maxBadSamples())
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
        terminal().out().println(Summary.finished(written, folder, seconds));
      } else {
        EvaluationTable.print(terminal().out(), evaluation, seconds);
        terminal().out().printf("Figures: %s%n", folder.path() + OutputFolder.EVALUATION);
      }
    }
  }
}
