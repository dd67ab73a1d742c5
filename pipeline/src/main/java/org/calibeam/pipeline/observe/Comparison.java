package org.calibeam.pipeline.observe;

import java.util.List;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.calibeam.pipeline.combine.Agreement;
import org.calibeam.pipeline.combine.AgreementCoder;
import org.calibeam.pipeline.combine.MergeAgreements;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.Shard;

/** Runs all samples of some shards through two models and says how far they agree. */
public final class Comparison extends PTransform<PBegin, PCollection<Agreement>> {
  private static final long serialVersionUID = 1;

  private final ModelFile model;
  private final ModelFile quantized;
  private final List<Shard> shards;

  public Comparison(ModelFile model, ModelFile quantized, List<Shard> shards) {
    this.model = model;
    this.quantized = quantized;
    this.shards = List.copyOf(shards);
  }

  @Override
  public PCollection<Agreement> expand(PBegin begin) {
    return begin
        .apply("Plan", PlanParts.of(shards))
        .get(PlanParts.PARTS)
        .apply("Compare", ParDo.of(new CompareFn(model, quantized)))
        .setCoder(AgreementCoder.of())
        .apply("Merge agreement", Combine.globally(new MergeAgreements()));
  }
}
