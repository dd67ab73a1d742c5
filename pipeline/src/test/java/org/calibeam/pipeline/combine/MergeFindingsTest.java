package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.testing.CombineFnTester;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.SampleId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergeFindingsTest {
  private static final ObserverId OBSERVER =
      new ObserverId(CodePath.MAIN.child("true_graph_0"), "x->conv2d");

  private static final Finding BAD =
      new Finding.SetAside(
          new BadSample(new SampleId("a.npz", 3), BadSample.RUN, "NaN in x", "in/a.npz"));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void merge_statisticsInAnySplitAndOrder_equalsOneAfterTheOther(long seed) {
    List<Statistic> statistics = RandomStatistics.several(seed);
    List<Finding> findings = observed(statistics);
    Finding.Observed expected =
        (Finding.Observed) findings.stream().reduce(Finding::merge).orElseThrow();

    CombineFnTester.testCombineFn(new MergeFindings(), findings, expected);
    assertThat(expected.statistic())
        .isEqualTo(statistics.stream().reduce(Statistic.EMPTY, Statistic::merge));
  }

  @Test
  void merge_extremesOfSeveralShards_belongToTheFirstThatHoldsThem() {
    List<Finding> findings =
        observed(
            List.of(
                RandomStatistics.of(1, -3, 0),
                RandomStatistics.of(Float.NaN),
                RandomStatistics.of(-3, 5)));
    Finding.Observed expected =
        (Finding.Observed) findings.stream().reduce(Finding::merge).orElseThrow();

    CombineFnTester.testCombineFn(new MergeFindings(), findings, expected);
    assertThat(expected.extremes())
        .contains(
            new Extremes(new Extremes.Owned(-3, "in/0.npz"), new Extremes.Owned(5, "in/2.npz")));
  }

  @Test
  void merge_onlyNaN_ownsNoExtreme() {
    Finding.Observed observed =
        Finding.Observed.of(OBSERVER, 0, RandomStatistics.of(Float.NaN), "in/a.npz");

    assertThat(observed.extremes()).isEqualTo(Optional.empty());
  }

  @Test
  void merge_talliesInAnySplitAndOrder_equalsOneAfterTheOther() {
    List<Finding> findings = new ArrayList<>();
    ShardTallyTest.tallies().forEach(tally -> findings.add(new Finding.Counted("in/a.npz", tally)));
    Finding expected =
        new Finding.Counted(
            "in/a.npz",
            ShardTallyTest.tallies().stream().reduce(ShardTally.EMPTY, ShardTally::merge));

    CombineFnTester.testCombineFn(new MergeFindings(), findings, expected);
  }

  @Test
  void merge_badSampleReportedTwice_countsOnce() {
    CombineFnTester.testCombineFn(new MergeFindings(), new ArrayList<>(List.of(BAD, BAD)), BAD);
  }

  @Test
  void merge_differentThings_isRefused() {
    Finding other = new Finding.Counted("in/a.npz", ShardTally.expecting(1));

    assertThatThrownBy(() -> Finding.merge(BAD, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another thing");
  }

  @Test
  void key_groupsObserversShardsAndSamples_differ() {
    Statistic statistic = RandomStatistics.of(1);
    List<Finding> findings =
        List.of(
            Finding.Observed.of(OBSERVER, 0, statistic, "in/a.npz"),
            Finding.Observed.of(OBSERVER, 1, statistic, "in/a.npz"),
            Finding.Observed.of(
                new ObserverId(CodePath.MAIN, "x->conv2d"), 0, statistic, "in/a.npz"),
            new Finding.Counted("in/a.npz", ShardTally.EMPTY),
            new Finding.Counted("in/b.npz", ShardTally.EMPTY),
            BAD);

    assertThat(findings.stream().map(Finding::key)).doesNotHaveDuplicates();
  }

  @Test
  void coder_anyFinding_isDeterministicAndReversible() throws Exception {
    List<Finding> findings = observed(RandomStatistics.several(7));
    findings.add(Finding.Observed.of(OBSERVER, 15, RandomStatistics.of(Float.NaN), "in/a.npz"));
    findings.add(new Finding.Counted("in/é.npz", ShardTallyTest.tallies().get(3)));
    findings.add(BAD);

    for (Finding finding : findings) {
      CoderProperties.coderDecodeEncodeEqual(FindingCoder.of(), finding);
    }
    CoderProperties.coderSerializable(FindingCoder.of());
    FindingCoder.of().verifyDeterministic();
  }

  @Test
  void coder_unknownKind_isACoderException() {
    assertThatThrownBy(() -> FindingCoder.of().decode(new ByteArrayInputStream(new byte[] {9})))
        .isInstanceOf(CoderException.class)
        .hasMessageContaining("kind 9");
  }

  private static List<Finding> observed(List<Statistic> statistics) {
    List<Finding> findings = new ArrayList<>();
    for (int i = 0; i < statistics.size(); i++) {
      findings.add(Finding.Observed.of(OBSERVER, 2, statistics.get(i), "in/%d.npz".formatted(i)));
    }
    return findings;
  }
}
