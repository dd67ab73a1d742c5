package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.testing.CombineFnTester;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.Statistic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergeStatisticsTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void merge_anySplitAndOrder_equalsOneAfterTheOther(long seed) {
    List<Statistic> statistics = RandomStatistics.several(seed);
    Statistic expected = statistics.stream().reduce(Statistic.EMPTY, Statistic::merge);

    CombineFnTester.testCombineFn(new MergeStatistics(), statistics, expected);
  }

  @Test
  void merge_nothing_isEmpty() {
    CombineFnTester.testCombineFn(new MergeStatistics(), List.of(), Statistic.EMPTY);
  }

  @Test
  void merge_emptyAccumulators_keepsTheNumberOfBins() {
    MergeStatistics fn = new MergeStatistics();
    Statistic wide = Statistic.empty(Histogram.INT16_BINS);

    Optional<Statistic> merged =
        fn.mergeAccumulators(
            List.of(fn.createAccumulator(), Optional.of(wide), fn.createAccumulator()));

    assertThat(fn.extractOutput(merged)).isEqualTo(wide);
  }
}
