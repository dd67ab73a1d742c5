package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.util.List;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.testing.CoderProperties;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.SampleId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodersTest {
  private static final CodePath BRANCH = CodePath.MAIN.child("true_graph_0");

  @Test
  void observerIdCoder_anyId_isDeterministicAndReversible() throws Exception {
    ObserverId id = new ObserverId(BRANCH, "x->conv2d");
    ObserverId same = new ObserverId(new CodePath("main/true_graph_0"), "x->" + "conv2d");

    CoderProperties.coderDecodeEncodeEqual(ObserverIdCoder.of(), id);
    CoderProperties.coderDeterministic(ObserverIdCoder.of(), id, same);
    CoderProperties.coderConsistentWithEquals(
        ObserverIdCoder.of(), id, new ObserverId(CodePath.MAIN, "x->conv2d"));
    CoderProperties.coderSerializable(ObserverIdCoder.of());
    ObserverIdCoder.of().verifyDeterministic();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void statisticCoder_anyStatistic_isDeterministicAndReversible(long seed) throws Exception {
    for (Statistic statistic : RandomStatistics.several(seed)) {
      CoderProperties.coderDecodeEncodeEqual(StatisticCoder.of(), statistic);
      CoderProperties.coderDeterministic(
          StatisticCoder.of(), statistic, Statistic.fromBytes(statistic.toBytes()));
    }
    CoderProperties.coderSerializable(StatisticCoder.of());
    StatisticCoder.of().verifyDeterministic();
  }

  @Test
  void statisticCoder_damagedBytes_isACoderException() {
    byte[] bytes = {2, 99, 0};

    assertThatThrownBy(() -> StatisticCoder.of().decode(new ByteArrayInputStream(bytes)))
        .isInstanceOf(CoderException.class)
        .hasMessageContaining("version 99");
  }

  @Test
  void shardTallyCoder_anyTally_isDeterministicAndReversible() throws Exception {
    ShardTally a =
        ShardTally.observing(
            new SampleId("a.npz", 3), ContentHash.ofHex("ab".repeat(32)), "AVX2", List.of(BRANCH));
    ShardTally b =
        ShardTally.observing(
            new SampleId("a.npz", 1),
            ContentHash.ofHex("cd".repeat(32)),
            "AVX2",
            List.of(CodePath.MAIN));

    CoderProperties.coderDecodeEncodeEqual(ShardTallyCoder.of(), ShardTally.EMPTY);
    CoderProperties.coderDecodeEncodeEqual(ShardTallyCoder.of(), ShardTally.merge(a, b));
    CoderProperties.coderDeterministic(
        ShardTallyCoder.of(), ShardTally.merge(a, b), ShardTally.merge(b, a));
    ShardTallyCoder.of().verifyDeterministic();
  }
}
