package org.calibeam.pipeline.publish;

import java.util.List;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Extremes;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.observe.CalibrateFn;

/**
 * Gathers what a {@link org.calibeam.pipeline.observe.Calibration} merged, which is small, in one
 * place and stages the files of the run there.
 */
public final class Publish extends PTransform<PCollectionTuple, PCollection<String>> {
  private static final long serialVersionUID = 1;

  private final transient Publication publication;
  private final String preprocessing;

  /**
   * @param preprocessing label of what was done to the samples; empty if nothing
   */
  public Publish(Publication publication, String preprocessing) {
    this.publication = publication;
    this.preprocessing = preprocessing;
  }

  @Override
  public PCollection<String> expand(PCollectionTuple merged) {
    PCollectionView<List<KV<ObserverId, Extremes>>> extremes =
        merged.get(CalibrateFn.EXTREMES).apply("Gather extremes", View.asList());
    PCollectionView<List<KV<KV<ObserverId, Integer>, Statistic>>> statistics =
        merged.get(CalibrateFn.STATISTICS).apply("Gather statistics", View.asList());
    PCollectionView<List<KV<String, ShardTally>>> tallies =
        merged.get(CalibrateFn.TALLIES).apply("Gather tallies", View.asList());
    PCollectionView<List<BadSample>> bad =
        merged.get(CalibrateFn.BAD).apply("Gather bad samples", View.asList());
    return merged
        .getPipeline()
        .apply("Start", Create.of(0))
        .apply(
            "Stage",
            ParDo.of(new PublishFn(publication, preprocessing, statistics, extremes, tallies, bad))
                .withSideInputs(statistics, extremes, tallies, bad))
        .setCoder(StringUtf8Coder.of());
  }
}
