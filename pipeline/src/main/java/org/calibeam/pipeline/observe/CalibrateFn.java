package org.calibeam.pipeline.observe;

import java.util.Objects;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.calibeam.pipeline.combine.Finding;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.ShardPart;
import org.jspecify.annotations.Nullable;

/**
 * Runs the samples of each part and emits what became of them and, once per bundle, what each
 * observer saw; observers that saw nothing are left out. Tensors never leave it.
 */
public final class CalibrateFn extends DoFn<ShardPart, KV<String, Finding>> {
  private static final long serialVersionUID = 1;

  /** Counter of the samples that were run. */
  public static final String DONE_SAMPLES = "samples-done";

  /** Counter of the samples that were set aside. */
  public static final String BAD_SAMPLES = "samples-bad";

  /** Begins the names of the counters of the samples that took each code path. */
  public static final String PATH_SAMPLES = "samples-on ";

  private final CalibrationTask task;
  private final Folds folds;
  private final BadSampleLimit limit;
  private final WorkerProgress progress;
  private final Counter done = Metrics.counter(PlanParts.COUNTERS, DONE_SAMPLES);
  private final Counter badSamples = Metrics.counter(PlanParts.COUNTERS, BAD_SAMPLES);
  private transient @Nullable PartObserver observer;
  private transient @Nullable Seen seen;

  /** Path of the shard whose samples the observer has seen since it was last asked. */
  private transient @Nullable String open;

  /**
   * @param maxBadSamples with more the job fails, with 0 at the first
   * @param notes where to write how far it is, null if Beam's counters are enough
   */
  CalibrateFn(
      CalibrationTask task, Folds folds, long maxBadSamples, @Nullable ProgressNotes notes) {
    this.task = task;
    this.folds = folds;
    this.limit = new BadSampleLimit(maxBadSamples);
    this.progress = new WorkerProgress(notes);
  }

  @Setup
  public void setup() {
    FinalFailure.unlessRepeatable(() -> observer = PartObserver.of(task));
  }

  @StartBundle
  public void startBundle() {
    observer().reset();
    progress.startBundle();
    seen = new Seen(folds);
    open = null;
  }

  @ProcessElement
  public void process(@Element ShardPart part, OutputReceiver<KV<String, Finding>> out) {
    FinalFailure.unlessRepeatable(() -> observe(part, out));
  }

  private void observe(ShardPart part, OutputReceiver<KV<String, Finding>> out) {
    if (!part.shard().path().equals(open)) {
      takeOpen();
      open = part.shard().path();
    }
    ShardTally tally =
        observer()
            .observe(
                part,
                id -> done.inc(),
                bad -> {
                  limit.count(bad);
                  badSamples.inc();
                  out.output(new Finding.SetAside(bad).keyed());
                });
    out.output(new Finding.Counted(part.shard().path(), tally).keyed());
    progress.ran(tally);
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    takeOpen();
    seen().emit(context);
    seen = null;
    progress.finishBundle();
  }

  private void takeOpen() {
    if (open != null) {
      seen().add(open, observer().take());
      open = null;
    }
  }

  private Seen seen() {
    return Objects.requireNonNull(seen, "used before a bundle");
  }

  @Teardown
  public void teardown() {
    if (observer != null) {
      observer.close();
      observer = null;
    }
  }

  private PartObserver observer() {
    return Objects.requireNonNull(observer, "used before setup");
  }
}
