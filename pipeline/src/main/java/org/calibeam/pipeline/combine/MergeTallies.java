package org.calibeam.pipeline.combine;

import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.transforms.Combine.CombineFn;

/** Merges what is known of the parts of one shard; {@link ShardTally#EMPTY} is the identity. */
public final class MergeTallies extends CombineFn<ShardTally, ShardTally, ShardTally> {
  private static final long serialVersionUID = 1;

  @Override
  public ShardTally createAccumulator() {
    return ShardTally.EMPTY;
  }

  @Override
  public ShardTally addInput(ShardTally accumulator, ShardTally input) {
    return ShardTally.merge(accumulator, input);
  }

  @Override
  public ShardTally mergeAccumulators(Iterable<ShardTally> accumulators) {
    ShardTally merged = ShardTally.EMPTY;
    for (ShardTally accumulator : accumulators) {
      merged = ShardTally.merge(merged, accumulator);
    }
    return merged;
  }

  @Override
  public ShardTally extractOutput(ShardTally accumulator) {
    return accumulator;
  }

  @Override
  public Coder<ShardTally> getAccumulatorCoder(
      CoderRegistry registry, Coder<ShardTally> inputCoder) {
    return ShardTallyCoder.of();
  }

  @Override
  public Coder<ShardTally> getDefaultOutputCoder(
      CoderRegistry registry, Coder<ShardTally> inputCoder) {
    return ShardTallyCoder.of();
  }
}
