package org.calibeam.pipeline.nightly;

import java.util.List;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.evaluate.EvaluationJob;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;
import org.calibeam.pipeline.publish.Publication;

/** Runs pipelines for one output folder, wherever the command line says. */
public interface Runner extends AutoCloseable {

  /** Makes a runner for each output folder. */
  interface Factory {
    Runner open(OutputFolder folder);
  }

  /** Stages the statistics of some shards; those that {@code known} has are not run. */
  void calibrate(
      Publication publication, List<Shard> shards, String preprocessing, ShardStore known);

  /**
   * Runs a float and a quantized model side by side.
   *
   * @param scratch a file that workers can write and this process can read; removed afterwards
   */
  Evaluation evaluate(EvaluationJob evaluation, ResourceId scratch);

  /** Makes what was staged the folder's content. */
  FinishedRun.Committed commit();

  /** Removes what was staged and not committed. */
  @Override
  void close();
}
