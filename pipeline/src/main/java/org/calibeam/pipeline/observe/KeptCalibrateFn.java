package org.calibeam.pipeline.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.calibeam.core.interp.Libtorch;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.pipeline.combine.Finding;
import org.calibeam.pipeline.combine.Fingerprint;
import org.calibeam.pipeline.combine.ShardEntry;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.combine.StateUse;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what {@link CalibrateFn} does, shard by shard, with a memory: a shard whose statistics are
 * in the store is not run, one that was run is stored at once. The findings are the same.
 */
public final class KeptCalibrateFn extends DoFn<Shard, KV<String, Finding>> {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(KeptCalibrateFn.class);

  private final CalibrationTask task;
  private final Fingerprint fingerprint;
  private final ShardStore store;
  private final Folds folds;
  private final BadSampleLimit limit;
  private final WorkerProgress progress;
  private final Counter expected = Metrics.counter(PlanParts.COUNTERS, PlanParts.EXPECTED_SAMPLES);
  private final Counter done = Metrics.counter(PlanParts.COUNTERS, CalibrateFn.DONE_SAMPLES);
  private final Counter badSamples = Metrics.counter(PlanParts.COUNTERS, CalibrateFn.BAD_SAMPLES);
  private transient @Nullable PartObserver observer;
  private transient @Nullable Seen seen;

  /**
   * @param fingerprint of the task; the level of the kernels is the worker's own
   */
  KeptCalibrateFn(
      CalibrationTask task,
      Fingerprint fingerprint,
      ShardStore store,
      Folds folds,
      long maxBadSamples,
      @Nullable ProgressNotes notes) {
    this.task = task;
    this.fingerprint = fingerprint;
    this.store = store;
    this.folds = folds;
    this.limit = new BadSampleLimit(maxBadSamples);
    this.progress = new WorkerProgress(notes);
  }

  @StartBundle
  public void startBundle() {
    seen = new Seen(folds);
    progress.startBundle();
  }

  @ProcessElement
  public void process(@Element Shard shard, OutputReceiver<KV<String, Finding>> out) {
    FinalFailure.unlessRepeatable(() -> observe(shard, out));
  }

  private void observe(Shard shard, OutputReceiver<KV<String, Finding>> out) {
    Fingerprint made = fingerprint.withKernelLevel(Libtorch.cpuCapability());
    String sha256 = Hashes.of(shard);
    ShardStore.Found found = store.find(made, shard, sha256);
    ShardEntry entry;
    StateUse use;
    if (found.entry().isPresent()) {
      entry = found.entry().get();
      use = StateUse.KEPT;
      expected.inc(entry.tally().expected());
      done.inc(entry.tally().observed());
      progress.knew(entry.tally());
      entry.bad().forEach(this::setAside);
    } else {
      found
          .complaint()
          .ifPresent(why -> LOG.warn("Kept statistics of {} are of no use: {}", shard.path(), why));
      entry = run(shard, made, sha256);
      use = found.complaint().isPresent() ? StateUse.UNREADABLE : StateUse.RUN;
    }
    entry.bad().forEach(bad -> out.output(new Finding.SetAside(bad).keyed()));
    out.output(new Finding.Counted(shard.path(), entry.tally().withState(use)).keyed());
    Objects.requireNonNull(seen, "used before a bundle").add(shard.path(), entry.statistics());
  }

  private ShardEntry run(Shard shard, Fingerprint made, String sha256) {
    PartObserver running = observer();
    running.reset();
    List<BadSample> bad = new ArrayList<>();
    List<ShardPart> parts = shard.parts();
    long announced = parts.stream().mapToLong(ShardPart::samples).sum();
    expected.inc(announced);
    progress.expect(announced);
    ShardTally tally = ShardTally.expecting(announced);
    for (ShardPart part : parts) {
      ShardTally ran =
          running.observe(
              part,
              id -> done.inc(),
              sample -> {
                setAside(sample);
                bad.add(sample);
              });
      progress.ran(ran);
      tally = ShardTally.merge(tally, ran);
    }
    if (!tally.isComplete() || !Hashes.of(shard).equals(sha256)) {
      throw new SamplesException(
          "The shard %s changed while it was run. Keep it as it is until the job is done."
              .formatted(shard.path()));
    }
    ShardEntry entry = new ShardEntry(made, tally, bad, new TreeMap<>(running.take()));
    store.keep(entry, shard, sha256);
    return entry;
  }

  private void setAside(BadSample bad) {
    limit.count(bad);
    badSamples.inc();
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    Objects.requireNonNull(seen, "used before a bundle").emit(context);
    seen = null;
    progress.finishBundle();
  }

  /** Weights are loaded with the first shard that has to be run. */
  private PartObserver observer() {
    if (observer == null) {
      observer = PartObserver.of(task);
    }
    return observer;
  }

  @Teardown
  public void teardown() {
    if (observer != null) {
      observer.close();
      observer = null;
    }
  }
}
