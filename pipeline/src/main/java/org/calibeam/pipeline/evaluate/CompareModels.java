package org.calibeam.pipeline.evaluate;

import java.util.List;
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
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.observe.ModelFile;

/**
 * Runs all samples of some shards through a float and a quantized model and sums how far they
 * agree: one {@link Comparison}, of which {@link Evaluation#of} makes figures.
 */
public final class CompareModels extends PTransform<PBegin, PCollection<Comparison>> {
  private static final long serialVersionUID = 1;

  private final ModelFile model;
  private final ModelFile quantized;
  private final List<Shard> shards;
  private final long maxBadSamples;

  /**
   * @param maxBadSamples with more the job fails, with 0 at the first
   */
  public CompareModels(
      ModelFile model, ModelFile quantized, List<Shard> shards, long maxBadSamples) {
    this.model = model;
    this.quantized = quantized;
    this.shards = List.copyOf(shards);
    this.maxBadSamples = maxBadSamples;
  }

  @Override
  public PCollection<Comparison> expand(PBegin begin) {
    PCollectionTuple planned = begin.apply("Plan", PlanParts.of(shards));
    PCollection<Comparison> expected =
        planned
            .get(PlanParts.EXPECTED)
            .apply("Announce", MapElements.via(new Announce()))
            .setCoder(ComparisonCoder.of());
    PCollection<Comparison> compared =
        planned
            .get(PlanParts.PARTS)
            .apply("Compare", ParDo.of(new CompareFn(model, quantized, maxBadSamples)))
            .setCoder(ComparisonCoder.of());
    return PCollectionList.of(expected)
        .and(compared)
        .apply("All", Flatten.pCollections())
        // There is always what the files announce, so no default is needed.
        .apply("Merge comparisons", Combine.globally(new MergeComparisons()).withoutDefaults());
  }

  private static final class Announce extends SimpleFunction<KV<String, Long>, Comparison> {
    private static final long serialVersionUID = 1;

    @Override
    public Comparison apply(KV<String, Long> file) {
      return Comparison.expecting(file.getKey(), file.getValue());
    }
  }
}
