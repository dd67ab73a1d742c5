package org.calibeam.pipeline.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.PipelineResult.State;
import org.joda.time.Duration;
import org.jspecify.annotations.Nullable;

/** Runs a pipeline to its end and shows how far it is. */
final class PipelineRun {
  private static final Duration POLL = Duration.millis(200);

  private PipelineRun() {}

  /**
   * Runs {@code pipeline}; what its transforms throw comes out wrapped.
   *
   * @param staging stops the pipeline if this process is told to end
   * @param cluster where it runs, null if within this process
   * @throws IllegalStateException if it ends otherwise than done
   */
  static void run(
      Pipeline pipeline, Progress progress, Staging staging, @Nullable FlinkCluster cluster) {
    PipelineResult result = pipeline.run();
    staging.stopOnExit(() -> cancel(result));
    State state = result.getState();
    while (state == null || !state.isTerminal()) {
      state = result.waitUntilFinish(POLL);
      progress.show(result);
    }
    progress.end();
    if (state == State.FAILED && cluster != null) {
      throw cluster.failure(pipeline.getOptions().getJobName());
    }
    if (state != State.DONE) {
      throw new IllegalStateException("The pipeline ended as " + state);
    }
  }

  private static void cancel(PipelineResult result) {
    State state = result.getState();
    if (state != null && state.isTerminal()) {
      return;
    }
    try {
      result.cancel();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
