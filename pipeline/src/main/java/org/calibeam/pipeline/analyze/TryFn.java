package org.calibeam.pipeline.analyze;

import java.util.Objects;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.observe.CalibrateFn;
import org.jspecify.annotations.Nullable;

/** Tries each candidate and keeps what it found as soon as it is found. Safe to repeat. */
final class TryFn extends DoFn<Candidate, Void> {
  private static final long serialVersionUID = 1;

  private final AnalysisTask task;
  private final ResultStore store;
  private final Counter done = Metrics.counter(PlanParts.COUNTERS, CalibrateFn.DONE_SAMPLES);
  private transient @Nullable AnalyzedModel model;

  TryFn(AnalysisTask task, ResultStore store) {
    this.task = task;
    this.store = store;
  }

  @Setup
  public void setup() {
    FinalFailure.unlessRepeatable(() -> model = AnalyzedModel.acquire(task.model()));
  }

  @ProcessElement
  public void process(@Element Candidate candidate) {
    AnalyzedModel acquired = Objects.requireNonNull(model, "used before setup");
    FinalFailure.unlessRepeatable(
        () -> store.keep(candidate, new Trial(task, acquired, done::inc).run(candidate)));
  }

  @Teardown
  public void teardown() {
    if (model != null) {
      model = null;
      AnalyzedModel.release(task.model());
    }
  }
}
