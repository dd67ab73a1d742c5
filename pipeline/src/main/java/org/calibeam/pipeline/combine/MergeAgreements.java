package org.calibeam.pipeline.combine;

import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.transforms.Combine.CombineFn;

/** Merges agreements; {@link Agreement#EMPTY} is the identity. */
public final class MergeAgreements extends CombineFn<Agreement, Agreement, Agreement> {
  private static final long serialVersionUID = 1;

  @Override
  public Agreement createAccumulator() {
    return Agreement.EMPTY;
  }

  @Override
  public Agreement addInput(Agreement accumulator, Agreement input) {
    return Agreement.merge(accumulator, input);
  }

  @Override
  public Agreement mergeAccumulators(Iterable<Agreement> accumulators) {
    Agreement merged = Agreement.EMPTY;
    for (Agreement accumulator : accumulators) {
      merged = Agreement.merge(merged, accumulator);
    }
    return merged;
  }

  @Override
  public Agreement extractOutput(Agreement accumulator) {
    return accumulator;
  }

  @Override
  public Coder<Agreement> getAccumulatorCoder(CoderRegistry registry, Coder<Agreement> inputCoder) {
    return AgreementCoder.of();
  }

  @Override
  public Coder<Agreement> getDefaultOutputCoder(
      CoderRegistry registry, Coder<Agreement> inputCoder) {
    return AgreementCoder.of();
  }
}
