package org.calibeam.pipeline.evaluate;

import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.transforms.Combine.CombineFn;

/** Merges comparisons; {@link Comparison#EMPTY} is the identity. */
final class MergeComparisons extends CombineFn<Comparison, Comparison, Comparison> {
  private static final long serialVersionUID = 1;

  @Override
  public Comparison createAccumulator() {
    return Comparison.EMPTY;
  }

  @Override
  public Comparison addInput(Comparison accumulator, Comparison input) {
    return Comparison.merge(accumulator, input);
  }

  @Override
  public Comparison mergeAccumulators(Iterable<Comparison> accumulators) {
    Comparison merged = Comparison.EMPTY;
    for (Comparison accumulator : accumulators) {
      merged = Comparison.merge(merged, accumulator);
    }
    return merged;
  }

  @Override
  public Comparison extractOutput(Comparison accumulator) {
    return accumulator;
  }

  @Override
  public Coder<Comparison> getAccumulatorCoder(
      CoderRegistry registry, Coder<Comparison> inputCoder) {
    return ComparisonCoder.of();
  }

  @Override
  public Coder<Comparison> getDefaultOutputCoder(
      CoderRegistry registry, Coder<Comparison> inputCoder) {
    return ComparisonCoder.of();
  }
}
