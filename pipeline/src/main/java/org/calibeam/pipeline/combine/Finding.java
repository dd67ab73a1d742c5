package org.calibeam.pipeline.combine;

import java.util.Optional;
import org.apache.beam.sdk.values.KV;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.BadSample;

/**
 * Something that a worker found out. Findings of equal {@link #key} are about the same and are
 * merged, whatever they are, in one stage: each stage costs a short run a tenth of a second.
 */
public sealed interface Finding {

  /** What it is about. */
  String key();

  /** The finding with its key, as it goes into a stage that merges. */
  default KV<String, Finding> keyed() {
    return KV.of(key(), this);
  }

  /**
   * Both together. Exact: any order and any tree give the same.
   *
   * @throws IllegalArgumentException if they are about different things
   */
  static Finding merge(Finding a, Finding b) {
    if (a instanceof Observed x && b instanceof Observed y) {
      return x.plus(y);
    }
    if (a instanceof Counted x && b instanceof Counted y) {
      return new Counted(x.shard, ShardTally.merge(x.tally, y.tally));
    }
    if (a.equals(b)) {
      return a;
    }
    throw new IllegalArgumentException("%s is about another thing than %s".formatted(a, b));
  }

  /**
   * What an observer saw of a group of shards.
   *
   * @param group its number, see {@code Folds}
   * @param extremes the shards that hold the least and the greatest value; empty if it saw nothing
   *     but NaN
   */
  record Observed(ObserverId id, int group, Statistic statistic, Optional<Extremes> extremes)
      implements Finding {

    /** What it saw of the shard at {@code path}. */
    public static Observed of(ObserverId id, int group, Statistic statistic, String path) {
      boolean ordered = statistic.min() <= statistic.max();
      return new Observed(
          id,
          group,
          statistic,
          ordered
              ? Optional.of(Extremes.of(statistic.min(), statistic.max(), path))
              : Optional.empty());
    }

    @Override
    public String key() {
      return "observer %s %s, group %d".formatted(id.codePath().text(), id.name(), group);
    }

    private Observed plus(Observed other) {
      return new Observed(
          id,
          group,
          Statistic.merge(statistic, other.statistic),
          extremes.isPresent() && other.extremes.isPresent()
              ? Optional.of(Extremes.merge(extremes.get(), other.extremes.get()))
              : extremes.or(other::extremes));
    }
  }

  /**
   * What became of the samples of a shard.
   *
   * @param shard its path
   */
  record Counted(String shard, ShardTally tally) implements Finding {
    @Override
    public String key() {
      return "shard " + shard;
    }
  }

  /** A sample that was set aside. */
  record SetAside(BadSample sample) implements Finding {
    @Override
    public String key() {
      return "sample %s of %s".formatted(sample.id(), sample.source());
    }
  }
}
