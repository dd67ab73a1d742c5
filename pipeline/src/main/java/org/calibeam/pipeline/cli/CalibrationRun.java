package org.calibeam.pipeline.cli;

import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.ParDo;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.Calibration;
import org.calibeam.pipeline.observe.Comparison;
import org.calibeam.pipeline.observe.ModelFile;
import org.calibeam.pipeline.observe.PreparedModel;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;
import org.calibeam.pipeline.publish.Publish;
import org.calibeam.pipeline.publish.RunReport;
import org.calibeam.pipeline.publish.StageAgreementFn;

/**
 * Calibrates, evaluates if asked to, and commits. Whatever fails, the output folder is left as it
 * was.
 *
 * @param calibrate samples to calibrate with
 * @param evaluate samples that tell how good the result is; may be none
 * @param preprocessing label of what was done to the samples
 */
record CalibrationRun(
    PipelineOptions options,
    Terminal terminal,
    Publication publication,
    List<Shard> calibrate,
    List<Shard> evaluate,
    String preprocessing) {

  /** Does everything; returns what there is to tell. */
  RunReport run() {
    OutputFolder folder = publication.folder();
    try (Staging staging = Staging.of(folder)) {
      // Prepared here first: a bad configuration is rejected before anything runs.
      PreparedModel model = PreparedModel.acquire(publication.task());
      try {
        runCalibration();
        if (!evaluate.isEmpty()) {
          runEvaluation();
        }
      } finally {
        model.release();
      }
      return staging.commit(FinishedRun::commit);
    }
  }

  private void runCalibration() {
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply(
            "Calibrate",
            new Calibration(publication.task(), calibrate, publication.maxBadSamples()))
        .apply("Publish", new Publish(publication, preprocessing));
    PipelineRun.run(pipeline, new Progress(terminal, "calibrating"));
  }

  private void runEvaluation() {
    OutputFolder folder = publication.folder();
    ModelFile quantized = ModelFile.of(folder.staged(OutputFolder.MODEL).toString());
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply("Evaluate", new Comparison(publication.task().model(), quantized, evaluate))
        .apply("Report", ParDo.of(new StageAgreementFn(folder)));
    PipelineRun.run(pipeline, new Progress(terminal, "evaluating"));
  }
}
