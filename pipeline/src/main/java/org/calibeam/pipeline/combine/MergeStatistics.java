package org.calibeam.pipeline.combine;

import java.util.Optional;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.coders.OptionalCoder;
import org.apache.beam.sdk.transforms.Combine.CombineFn;
import org.calibeam.core.observe.Statistic;

/**
 * Merges the statistics of one observer.
 *
 * <p>The accumulator is empty until something was added, since an empty statistic would have to
 * know the number of bins. Statistics are immutable, so nothing that is handed in is ever changed.
 */
public final class MergeStatistics extends CombineFn<Statistic, Optional<Statistic>, Statistic> {
  private static final long serialVersionUID = 1;

  @Override
  public Optional<Statistic> createAccumulator() {
    return Optional.empty();
  }

  @Override
  public Optional<Statistic> addInput(Optional<Statistic> accumulator, Statistic input) {
    return Optional.of(accumulator.map(a -> Statistic.merge(a, input)).orElse(input));
  }

  @Override
  public Optional<Statistic> mergeAccumulators(Iterable<Optional<Statistic>> accumulators) {
    Optional<Statistic> merged = Optional.empty();
    for (Optional<Statistic> accumulator : accumulators) {
      if (accumulator.isPresent()) {
        merged = addInput(merged, accumulator.get());
      }
    }
    return merged;
  }

  @Override
  public Statistic extractOutput(Optional<Statistic> accumulator) {
    return accumulator.orElse(Statistic.EMPTY);
  }

  @Override
  public Coder<Optional<Statistic>> getAccumulatorCoder(
      CoderRegistry registry, Coder<Statistic> inputCoder) {
    return OptionalCoder.of(StatisticCoder.of());
  }

  @Override
  public Coder<Statistic> getDefaultOutputCoder(
      CoderRegistry registry, Coder<Statistic> inputCoder) {
    return StatisticCoder.of();
  }
}
