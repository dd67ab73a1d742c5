package org.calibeam.pipeline.io;

import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Cuts files into parts and spreads these over the workers. Only where to read is shuffled, never
 * what is read.
 */
public final class PlanParts extends PTransform<PBegin, PCollectionTuple> {
  private static final long serialVersionUID = 1;

  /** Namespace of the counters that show progress. */
  public static final String COUNTERS = "calibeam";

  /** Counter of the samples that the files announce. */
  public static final String EXPECTED_SAMPLES = "samples-expected";

  /** The parts, to be read in any order by any worker. */
  public static final TupleTag<ShardPart> PARTS = new TupleTag<>("parts");

  /** How many samples each file announces, by its path. */
  public static final TupleTag<KV<String, Long>> EXPECTED = new TupleTag<>("expected");

  private final List<Shard> shards;

  private PlanParts(List<Shard> shards) {
    this.shards = List.copyOf(shards);
  }

  public static PlanParts of(List<Shard> shards) {
    return new PlanParts(shards);
  }

  @Override
  public PCollectionTuple expand(PBegin begin) {
    PCollectionTuple planned =
        begin
            .apply("Files", Create.of(shards).withCoder(SerializableCoder.of(Shard.class)))
            .apply("Plan", ParDo.of(new PlanFn()).withOutputTags(PARTS, TupleTagList.of(EXPECTED)));
    PCollection<ShardPart> parts =
        planned
            .get(PARTS)
            .setCoder(SerializableCoder.of(ShardPart.class))
            .apply("Spread", Spread.evenly());
    planned.get(EXPECTED).setCoder(KvCoder.of(StringUtf8Coder.of(), VarLongCoder.of()));
    return PCollectionTuple.of(PARTS, parts).and(EXPECTED, planned.get(EXPECTED));
  }

  private static final class PlanFn extends DoFn<Shard, ShardPart> {
    private static final long serialVersionUID = 1;
    private final Counter expected = Metrics.counter(COUNTERS, EXPECTED_SAMPLES);

    @ProcessElement
    public void process(@Element Shard shard, MultiOutputReceiver out) {
      FinalFailure.unlessRepeatable(() -> plan(shard, out));
    }

    private void plan(Shard shard, MultiOutputReceiver out) {
      long samples = 0;
      for (ShardPart part : shard.parts()) {
        samples += part.samples();
        out.get(PARTS).output(part);
      }
      expected.inc(samples);
      out.get(EXPECTED).output(KV.of(shard.path(), samples));
    }
  }
}
