package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.calibeam.pipeline.publish.Baseline;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "quantize",
    description = "Calibrates a model with samples and writes it quantized.",
    mixinStandardHelpOptions = true)
final class QuantizeCommand extends CalibrationVerb implements Runnable {
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private SampleOptions samples = new SampleOptions();
  @Mixin private OutputOptions output = new OutputOptions();
  @Mixin private ConversionOptions conversion = new ConversionOptions();

  @Option(
      names = "--evaluate",
      paramLabel = "PATTERN",
      description =
          "Samples not used for calibration; the quantized model is compared with the float model on them.")
  private @Nullable String evaluate;

  @Override
  public void run() {
    long start = System.nanoTime();
    PipelineOptions options = pipelineOptions();
    OutputFolder folder = output.open();
    List<Shard> shards = samples.shards();
    List<Shard> heldOut = evaluate == null ? List.of() : samples.shards(evaluate);
    Optional<Baseline> baseline = conversion.baseline();
    CalibrationTask task = model.task();
    Publication publication =
        new Publication(
            task, folder, Optional.of(conversion.settings(task)), samples.maxBadSamples());
    FinishedRun.Committed done =
        new CalibrationRun(
                options,
                terminal(),
                publication,
                shards,
                heldOut,
                samples.preprocessing(),
                samples.store())
            .run(baseline);
    Summary.print(terminal(), done, folder, start);
  }
}
