package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.nightly.Runner;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;

/** Runs the pipelines of a night as those of the other verbs are run. */
final class NightRunner implements Runner {
  private final PipelineOptions options;
  private final Terminal terminal;
  private final Staging staging;

  NightRunner(PipelineOptions options, Terminal terminal, OutputFolder folder) {
    this.options = options;
    this.terminal = terminal;
    this.staging = Staging.of(folder);
  }

  @Override
  public void calibrate(
      Publication publication, List<Shard> shards, String preprocessing, ShardStore known) {
    new CalibrationRun(
            options, terminal, publication, shards, List.of(), preprocessing, Optional.of(known))
        .stage(staging);
  }

  @Override
  public Evaluation evaluate(EvaluationJob evaluation, ResourceId scratch) {
    return evaluation.run(
        options,
        scratch,
        pipeline ->
            PipelineRun.run(
                pipeline,
                new Progress(terminal, "evaluating", null),
                staging,
                BeamVerb.cluster(options)));
  }

  @Override
  public FinishedRun.Committed commit() {
    return staging.commit(FinishedRun::commit);
  }

  @Override
  public void close() {
    staging.close();
  }
}
