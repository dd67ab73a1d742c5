package org.calibeam.pipeline.observe;

import java.util.Objects;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.TupleTag;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Extremes;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.ShardPart;
import org.jspecify.annotations.Nullable;

/**
 * Runs the samples of each part and emits, once per bundle, what each observer saw. Tensors never
 * leave it.
 */
public final class CalibrateFn extends DoFn<ShardPart, KV<KV<ObserverId, Integer>, Statistic>> {
  private static final long serialVersionUID = 1;

  /** Counter of the samples that were run. */
  public static final String DONE_SAMPLES = "samples-done";

  /** Counter of the samples that were set aside. */
  public static final String BAD_SAMPLES = "samples-bad";

  /** Begins the names of the counters of the samples that took each code path. */
  public static final String PATH_SAMPLES = "samples-on ";

  /** What observers saw, by group of shards; those that saw nothing are missing. */
  public static final TupleTag<KV<KV<ObserverId, Integer>, Statistic>> STATISTICS =
      new TupleTag<>("statistics");

  /** Which shards hold the extremes of each observer. */
  public static final TupleTag<KV<ObserverId, Extremes>> EXTREMES = new TupleTag<>("extremes");

  /** What became of the samples, by path of the shard. */
  public static final TupleTag<KV<String, ShardTally>> TALLIES = new TupleTag<>("tallies");

  /** Samples that were set aside. */
  public static final TupleTag<BadSample> BAD = new TupleTag<>("bad");

  private final CalibrationTask task;
  private final Folds folds;
  private final BadSampleLimit limit;
  private final WorkerProgress progress;
  private final Counter done = Metrics.counter(PlanParts.COUNTERS, DONE_SAMPLES);
  private final Counter badSamples = Metrics.counter(PlanParts.COUNTERS, BAD_SAMPLES);
  private transient @Nullable PreparedModel model;
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
    FinalFailure.unlessRepeatable(this::prepare);
  }

  private void prepare() {
    PreparedModel acquired = PreparedModel.acquire(task);
    model = acquired;
    observer = new PartObserver(acquired.prepared(), acquired.newRunner());
  }

  @StartBundle
  public void startBundle() {
    observer().reset();
    progress.startBundle();
    seen = new Seen(folds);
    open = null;
  }

  @ProcessElement
  public void process(@Element ShardPart part, MultiOutputReceiver out) {
    FinalFailure.unlessRepeatable(() -> observe(part, out));
  }

  private void observe(ShardPart part, MultiOutputReceiver out) {
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
                  out.get(BAD).output(bad);
                });
    out.get(TALLIES).output(KV.of(part.shard().path(), tally));
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
    if (model != null) {
      model.release();
      model = null;
    }
  }

  private PartObserver observer() {
    return Objects.requireNonNull(observer, "used before setup");
  }
}
