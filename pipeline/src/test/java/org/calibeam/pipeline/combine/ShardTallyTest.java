package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.graph.CodePath;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.SampleId;
import org.junit.jupiter.api.Test;

class ShardTallyTest {
  private static final CodePath BRANCH = CodePath.MAIN.child("true_graph_0");

  @Test
  void merge_samplesOnSeveralPaths_countsEachAndKeepsTheFirst() {
    ShardTally all = tallies().stream().reduce(ShardTally.EMPTY, ShardTally::merge);

    assertThat(all.samplesPerPath()).containsEntry(CodePath.MAIN, 6L).containsEntry(BRANCH, 3L);
    assertThat(all.paths()).containsEntry(BRANCH, new PathTally(3, new SampleId("a.npz", 1)));
    assertThat(all.observed()).isEqualTo(6);
    assertThat(all.isComplete()).isTrue();
  }

  @Test
  void isComplete_lostSample_isFalse() {
    ShardTally all = tallies().stream().reduce(ShardTally.expecting(1), ShardTally::merge);

    assertThat(all.isComplete()).isFalse();
  }

  /** One shard of seven samples, one of them bad, in an order that is not theirs. */
  static List<ShardTally> tallies() {
    List<ShardTally> list = new ArrayList<>();
    list.add(ShardTally.expecting(7));
    list.add(ShardTally.settingAside());
    for (int i = 5; i >= 0; i--) {
      List<CodePath> taken = i % 2 == 0 ? List.of(CodePath.MAIN) : List.of(CodePath.MAIN, BRANCH);
      list.add(
          ShardTally.observing(
              new SampleId("a.npz", i),
              ContentHash.ofHex("%064x".formatted(i + 1)),
              "AVX2",
              taken));
    }
    return list;
  }
}
