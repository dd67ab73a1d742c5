package org.calibeam.pipeline.cli;

import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.quantizer.SequentialRun;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.Calibration;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.observe.PreparedModel;
import org.calibeam.pipeline.observe.ProgressNotes;
import org.calibeam.pipeline.publish.Baseline;
import org.calibeam.pipeline.publish.FinishedEvaluation;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.InOrder;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;
import org.calibeam.pipeline.publish.Publish;
import org.calibeam.pipeline.publish.RepairEffects;

/**
 * Calibrates, evaluates if asked to, and commits. Whatever fails, the output folder is left as it
 * was.
 *
 * @param calibrate samples to calibrate with
 * @param evaluate samples that tell how good the result is; may be none
 * @param preprocessing label of what was done to the samples
 * @param store of the statistics of shards that were run before
 */
record CalibrationRun(
    PipelineOptions options,
    Terminal terminal,
    Publication publication,
    List<Shard> calibrate,
    List<Shard> evaluate,
    String preprocessing,
    Optional<ShardStore> store) {

  /**
   * Does everything; returns what there is to tell.
   *
   * @param baseline an earlier run to compare with
   */
  FinishedRun.Committed run(Optional<Baseline> baseline) {
    OutputFolder folder = publication.folder();
    try (Staging staging = Staging.of(folder)) {
      stage(staging);
      return staging.commit(to -> FinishedRun.commit(to, baseline));
    }
  }

  /** Does everything but to commit. */
  void stage(Staging staging) {
    // Prepared here first: a bad configuration is rejected before anything runs.
    PreparedModel model = PreparedModel.acquire(publication.task());
    try {
      Optional<SequentialRun> sequential = sequentialRun(model.prepared());
      if (sequential.isPresent()) {
        runInOrder(sequential.get());
      } else {
        runCalibration(staging);
      }
    } finally {
      model.release();
    }
    if (!evaluate.isEmpty()) {
      OutputFolder folder = publication.folder();
      Evaluation evaluation = evaluate(folder, staging);
      FinishedEvaluation.addToReport(folder, evaluation);
      if (RepairEffects.areThere(folder)) {
        measureRepairs(evaluation);
      }
    }
  }

  private void measureRepairs(Evaluation evaluation) {
    OutputFolder aside = publication.folder().aside();
    try (Staging other = Staging.of(aside)) {
      new RepairEffects(publication, publication.conversion().orElseThrow(), aside)
          .addToReport(
              evaluation.toJson(),
              unrepaired ->
                  new CalibrationRun(
                          options, terminal, unrepaired, calibrate, List.of(), preprocessing, store)
                      .stage(other),
              quantized -> evaluate(aside, other));
    }
  }

  private Optional<SequentialRun> sequentialRun(PreparedProgram prepared) {
    if (publication.conversion().isEmpty()) {
      Publication.requireMergeable(prepared);
      return Optional.empty();
    }
    ConvertOptions settings =
        publication.conversion().get().options(publication.task().calibrators());
    return SequentialRun.of(prepared, settings.calibrator());
  }

  /** The order of the samples matters: one worker, this process, whatever the runner. */
  private void runInOrder(SequentialRun run) {
    Progress progress = new Progress(terminal, "calibrating in order", null);
    try (run) {
      new InOrder(publication, calibrate, preprocessing).run(run, progress::show);
    }
    progress.end();
  }

  private void runCalibration(Staging staging) {
    Calibration calibration =
        Calibration.of(publication.task(), calibrate, publication.maxBadSamples());
    ProgressNotes notes = null;
    if (BeamVerb.cluster(options) != null) {
      notes = publication.folder().progressNotes();
      calibration = calibration.withProgressNotes(notes);
    }
    if (store.isPresent()) {
      calibration = calibration.withStore(store.get(), preprocessing);
    }
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply("Calibrate", calibration)
        .apply("Publish", new Publish(publication, preprocessing));
    run(pipeline, new Progress(terminal, "calibrating", notes), staging);
  }

  /** Evaluates the model that is staged in {@code folder}. */
  private Evaluation evaluate(OutputFolder folder, Staging staging) {
    ModelFile quantized = ModelFile.of(folder.staged(OutputFolder.MODEL).toString());
    return new EvaluationJob(publication.task().model(), quantized, evaluate, 0)
        .run(
            options,
            folder.scratch("comparison"),
            pipeline -> run(pipeline, new Progress(terminal, "evaluating", null), staging));
  }

  private void run(Pipeline pipeline, Progress progress, Staging staging) {
    PipelineRun.run(pipeline, progress, staging, BeamVerb.cluster(options));
  }
}
