package org.calibeam.pipeline.observe;

import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.calibeam.pipeline.combine.Finding;
import org.calibeam.pipeline.combine.FindingCoder;
import org.calibeam.pipeline.combine.MergeFindings;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.Spread;
import org.jspecify.annotations.Nullable;

/**
 * Runs all samples of some shards once and merges what was found: one finding per observer that saw
 * anything and group of shards, one per shard, and one per sample that was set aside.
 */
public final class Calibration extends PTransform<PBegin, PCollection<Finding>> {
  private static final long serialVersionUID = 1;
  private static final Coder<KV<String, Finding>> CODER =
      KvCoder.of(StringUtf8Coder.of(), FindingCoder.of());

  private final CalibrationTask task;
  private final List<Shard> shards;
  private final long maxBadSamples;
  private final @Nullable ShardStore store;
  private final String preprocessing;
  private final @Nullable ProgressNotes notes;

  private Calibration(
      CalibrationTask task,
      List<Shard> shards,
      long maxBadSamples,
      @Nullable ShardStore store,
      String preprocessing,
      @Nullable ProgressNotes notes) {
    this.task = task;
    this.shards = List.copyOf(shards);
    this.maxBadSamples = maxBadSamples;
    this.store = store;
    this.preprocessing = preprocessing;
    this.notes = notes;
  }

  /** Runs every shard; a big one is shared by several workers. */
  public static Calibration of(CalibrationTask task, List<Shard> shards, long maxBadSamples) {
    return new Calibration(task, shards, maxBadSamples, null, "", null);
  }

  /**
   * The same, but for the shards that {@code store} knows; each of the others is run by one worker
   * and kept as soon as it is done.
   *
   * @param preprocessing label of what was done to the samples, part of what entries are kept by
   */
  public Calibration withStore(ShardStore store, String preprocessing) {
    return new Calibration(task, shards, maxBadSamples, store, preprocessing, notes);
  }

  /** The same, with workers that write down how far they are. */
  public Calibration withProgressNotes(ProgressNotes where) {
    return new Calibration(task, shards, maxBadSamples, store, preprocessing, where);
  }

  @Override
  public PCollection<Finding> expand(PBegin begin) {
    PCollection<KV<String, Finding>> found =
        store == null ? runAll(begin) : runMissing(begin, store);
    return found
        .apply("Merge", Combine.perKey(new MergeFindings()))
        .apply("Merged", Values.create());
  }

  private PCollection<KV<String, Finding>> runAll(PBegin begin) {
    PCollectionTuple planned = begin.apply("Plan", PlanParts.of(shards));
    PCollection<KV<String, Finding>> announced =
        planned
            .get(PlanParts.EXPECTED)
            .apply("Announce", MapElements.via(new Announce()))
            .setCoder(CODER);
    PCollection<KV<String, Finding>> seen =
        planned
            .get(PlanParts.PARTS)
            .apply(
                "Observe", ParDo.of(new CalibrateFn(task, Folds.of(shards), maxBadSamples, notes)))
            .setCoder(CODER);
    return PCollectionList.of(announced).and(seen).apply("Findings", Flatten.pCollections());
  }

  private PCollection<KV<String, Finding>> runMissing(PBegin begin, ShardStore known) {
    return begin
        .apply("Files", Create.of(shards).withCoder(SerializableCoder.of(Shard.class)))
        .apply("Spread", Spread.evenly())
        .apply(
            "Observe",
            ParDo.of(
                new KeptCalibrateFn(
                    task,
                    task.fingerprint(preprocessing),
                    known,
                    Folds.of(shards),
                    maxBadSamples,
                    notes)))
        .setCoder(CODER);
  }

  private static final class Announce
      extends SimpleFunction<KV<String, Long>, KV<String, Finding>> {
    private static final long serialVersionUID = 1;

    @Override
    public KV<String, Finding> apply(KV<String, Long> samples) {
      return new Finding.Counted(samples.getKey(), ShardTally.expecting(samples.getValue()))
          .keyed();
    }
  }
}
