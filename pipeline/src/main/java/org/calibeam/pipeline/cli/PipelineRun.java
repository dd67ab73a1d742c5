package org.calibeam.pipeline.cli;

import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.joda.time.Duration;

/** Runs a pipeline to its end and shows how far it is. */
final class PipelineRun {
  private static final Duration POLL = Duration.millis(200);

  private PipelineRun() {}

  /**
   * Runs {@code pipeline}; what its transforms throw comes out wrapped.
   *
   * @throws IllegalStateException if it ends otherwise than done
   */
  static void run(Pipeline pipeline, Progress progress) {
    PipelineResult result = pipeline.run();
    PipelineResult.State state = result.getState();
    while (state == null || !state.isTerminal()) {
      state = result.waitUntilFinish(POLL);
      progress.show(result);
    }
    progress.end();
    if (state != PipelineResult.State.DONE) {
      throw new IllegalStateException("The pipeline ended as " + state);
    }
  }
}
