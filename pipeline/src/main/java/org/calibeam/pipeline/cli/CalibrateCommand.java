package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "calibrate",
    description = "Runs a model over samples and keeps only the statistics.",
    mixinStandardHelpOptions = true)
final class CalibrateCommand extends CalibrationVerb implements Runnable {
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private SampleOptions samples = new SampleOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  @Override
  public void run() {
    long start = System.nanoTime();
    PipelineOptions options = pipelineOptions();
    OutputFolder folder = output.open();
    List<Shard> shards = samples.shards();
    Publication publication =
        new Publication(model.task(), folder, Optional.empty(), samples.maxBadSamples());
    FinishedRun.Committed done =
        new CalibrationRun(
                options,
                terminal(),
                publication,
                shards,
                List.of(),
                samples.preprocessing(),
                samples.store())
            .run(Optional.empty());
    Summary.print(terminal(), done, folder, start);
  }
}
