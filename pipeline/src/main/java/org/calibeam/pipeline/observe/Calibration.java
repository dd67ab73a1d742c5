package org.calibeam.pipeline.observe;

import java.util.List;
import org.apache.beam.sdk.coders.BigEndianIntegerCoder;
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
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTagList;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Extremes;
import org.calibeam.pipeline.combine.ExtremesCoder;
import org.calibeam.pipeline.combine.MergeExtremes;
import org.calibeam.pipeline.combine.MergeStatistics;
import org.calibeam.pipeline.combine.MergeTallies;
import org.calibeam.pipeline.combine.ObserverIdCoder;
import org.calibeam.pipeline.combine.ShardStore;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.combine.ShardTallyCoder;
import org.calibeam.pipeline.combine.StatisticCoder;
import org.calibeam.pipeline.io.BadSampleCoder;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.Spread;
import org.jspecify.annotations.Nullable;

/**
 * Runs all samples of some shards once and merges what was seen: one statistic per observer that
 * saw anything and group of shards, the owners of its extremes, one tally per shard, and the
 * samples that were set aside, under the tags of {@link CalibrateFn}.
 */
public final class Calibration extends PTransform<PBegin, PCollectionTuple> {
  private static final long serialVersionUID = 1;

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
  public PCollectionTuple expand(PBegin begin) {
    KvCoder<String, ShardTally> tallyCoder = KvCoder.of(StringUtf8Coder.of(), ShardTallyCoder.of());
    PCollectionTuple seen = store == null ? runAll(begin) : runMissing(begin, store);
    PCollection<KV<KV<ObserverId, Integer>, Statistic>> statistics =
        seen.get(CalibrateFn.STATISTICS)
            .setCoder(
                KvCoder.of(
                    KvCoder.of(ObserverIdCoder.of(), BigEndianIntegerCoder.of()),
                    StatisticCoder.of()))
            .apply("Merge statistics", Combine.perKey(new MergeStatistics()));
    PCollection<KV<String, ShardTally>> tallies =
        seen.get(CalibrateFn.TALLIES)
            .setCoder(tallyCoder)
            .apply("Merge tallies", Combine.perKey(new MergeTallies()));
    PCollection<KV<ObserverId, Extremes>> extremes =
        seen.get(CalibrateFn.EXTREMES)
            .setCoder(KvCoder.of(ObserverIdCoder.of(), ExtremesCoder.of()))
            .apply("Merge extremes", Combine.perKey(new MergeExtremes()));
    return PCollectionTuple.of(CalibrateFn.STATISTICS, statistics)
        .and(CalibrateFn.EXTREMES, extremes)
        .and(CalibrateFn.TALLIES, tallies)
        .and(CalibrateFn.BAD, seen.get(CalibrateFn.BAD).setCoder(BadSampleCoder.of()));
  }

  private PCollectionTuple runAll(PBegin begin) {
    PCollectionTuple planned = begin.apply("Plan", PlanParts.of(shards));
    PCollectionTuple seen =
        planned
            .get(PlanParts.PARTS)
            .apply(
                "Observe",
                outputs(ParDo.of(new CalibrateFn(task, Folds.of(shards), maxBadSamples, notes))));
    KvCoder<String, ShardTally> tallyCoder = KvCoder.of(StringUtf8Coder.of(), ShardTallyCoder.of());
    PCollection<KV<String, ShardTally>> expected =
        planned
            .get(PlanParts.EXPECTED)
            .apply("Announce", MapElements.via(new Announce()))
            .setCoder(tallyCoder);
    return PCollectionTuple.of(CalibrateFn.STATISTICS, seen.get(CalibrateFn.STATISTICS))
        .and(CalibrateFn.EXTREMES, seen.get(CalibrateFn.EXTREMES))
        .and(CalibrateFn.BAD, seen.get(CalibrateFn.BAD))
        .and(
            CalibrateFn.TALLIES,
            PCollectionList.of(expected)
                .and(seen.get(CalibrateFn.TALLIES).setCoder(tallyCoder))
                .apply("All tallies", Flatten.pCollections()));
  }

  private PCollectionTuple runMissing(PBegin begin, ShardStore known) {
    return begin
        .apply("Files", Create.of(shards).withCoder(SerializableCoder.of(Shard.class)))
        .apply("Spread", Spread.evenly())
        .apply(
            "Observe",
            outputs(
                ParDo.of(
                    new KeptCalibrateFn(
                        task,
                        task.fingerprint(preprocessing),
                        known,
                        Folds.of(shards),
                        maxBadSamples,
                        notes))));
  }

  private static <T> ParDo.MultiOutput<T, KV<KV<ObserverId, Integer>, Statistic>> outputs(
      ParDo.SingleOutput<T, KV<KV<ObserverId, Integer>, Statistic>> observe) {
    return observe.withOutputTags(
        CalibrateFn.STATISTICS,
        TupleTagList.of(CalibrateFn.EXTREMES).and(CalibrateFn.TALLIES).and(CalibrateFn.BAD));
  }

  private static final class Announce
      extends SimpleFunction<KV<String, Long>, KV<String, ShardTally>> {
    private static final long serialVersionUID = 1;

    @Override
    public KV<String, ShardTally> apply(KV<String, Long> samples) {
      return KV.of(samples.getKey(), ShardTally.expecting(samples.getValue()));
    }
  }
}
