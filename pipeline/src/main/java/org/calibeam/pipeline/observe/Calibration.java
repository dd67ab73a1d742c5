package org.calibeam.pipeline.observe;

import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Combine;
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
import org.calibeam.pipeline.combine.MergeStatistics;
import org.calibeam.pipeline.combine.MergeTallies;
import org.calibeam.pipeline.combine.ObserverIdCoder;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.combine.ShardTallyCoder;
import org.calibeam.pipeline.combine.StatisticCoder;
import org.calibeam.pipeline.io.BadSampleCoder;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;

/**
 * Runs all samples of some shards once and merges what was seen: one statistic per observer that
 * saw anything, one tally per shard, and the samples that were set aside, under the tags of {@link
 * CalibrateFn}.
 */
public final class Calibration extends PTransform<PBegin, PCollectionTuple> {
  private static final long serialVersionUID = 1;

  private final CalibrationTask task;
  private final List<Shard> shards;
  private final long maxBadSamples;

  public Calibration(CalibrationTask task, List<Shard> shards, long maxBadSamples) {
    this.task = task;
    this.shards = List.copyOf(shards);
    this.maxBadSamples = maxBadSamples;
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    PCollectionTuple planned = begin.apply("Plan", PlanParts.of(shards));
    PCollectionTuple seen =
        planned
            .get(PlanParts.PARTS)
            .apply(
                "Observe",
                ParDo.of(new CalibrateFn(task, maxBadSamples))
                    .withOutputTags(
                        CalibrateFn.STATISTICS,
                        TupleTagList.of(CalibrateFn.TALLIES).and(CalibrateFn.BAD)));
    PCollection<KV<ObserverId, Statistic>> statistics =
        seen.get(CalibrateFn.STATISTICS)
            .setCoder(KvCoder.of(ObserverIdCoder.of(), StatisticCoder.of()))
            .apply("Merge statistics", Combine.perKey(new MergeStatistics()));
    KvCoder<String, ShardTally> tallyCoder = KvCoder.of(StringUtf8Coder.of(), ShardTallyCoder.of());
    PCollection<KV<String, ShardTally>> expected =
        planned
            .get(PlanParts.EXPECTED)
            .apply("Announce", MapElements.via(new Announce()))
            .setCoder(tallyCoder);
    PCollection<KV<String, ShardTally>> tallies =
        PCollectionList.of(expected)
            .and(seen.get(CalibrateFn.TALLIES).setCoder(tallyCoder))
            .apply("All tallies", Flatten.pCollections())
            .apply("Merge tallies", Combine.perKey(new MergeTallies()));
    return PCollectionTuple.of(CalibrateFn.STATISTICS, statistics)
        .and(CalibrateFn.TALLIES, tallies)
        .and(CalibrateFn.BAD, seen.get(CalibrateFn.BAD).setCoder(BadSampleCoder.of()));
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
