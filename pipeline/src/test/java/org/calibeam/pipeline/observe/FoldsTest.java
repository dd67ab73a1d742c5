package org.calibeam.pipeline.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.calibeam.pipeline.io.Shard;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FoldsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16, 17, 100, 1001})
  void of_anyNumberOfShards_givesEvenGroupsOfNeighbours(int count) {
    List<Shard> shards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shards.add(new Shard("in/%06d.npz".formatted(i), 10));
    }
    List<Shard> shuffled = new ArrayList<>(shards);
    Collections.shuffle(shuffled, new Random(count));

    Folds folds = Folds.of(shuffled);

    TreeMap<Integer, Integer> sizes = new TreeMap<>();
    int before = 0;
    for (Shard shard : shards) {
      int group = folds.of(shard.path());
      assertThat(group).isBetween(before, before + 1);
      before = group;
      sizes.merge(group, 1, Integer::sum);
    }
    assertThat(sizes).hasSize(Math.min(count, Folds.MOST));
    assertThat(sizes.firstKey()).isZero();
    assertThat(Collections.max(sizes.values()) - Collections.min(sizes.values()))
        .isLessThanOrEqualTo(1);
  }
}
