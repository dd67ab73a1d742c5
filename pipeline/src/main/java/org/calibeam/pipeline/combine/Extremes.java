package org.calibeam.pipeline.combine;

import java.io.Serializable;

/**
 * Which shards hold the least and the greatest value that an observer saw. Merge law: exact; of
 * equal values the shard whose path comes first owns them.
 */
public record Extremes(Owned least, Owned greatest) implements Serializable {

  /**
   * A value and the shard that holds it.
   *
   * @param shard its path
   */
  public record Owned(float value, String shard) implements Serializable {}

  /** Both ends of what {@code shard} holds. */
  public static Extremes of(float least, float greatest, String shard) {
    return new Extremes(new Owned(least, shard), new Owned(greatest, shard));
  }

  public static Extremes merge(Extremes a, Extremes b) {
    return new Extremes(
        first(a.least, b.least, Float.compare(a.least.value, b.least.value)),
        first(a.greatest, b.greatest, Float.compare(b.greatest.value, a.greatest.value)));
  }

  private static Owned first(Owned a, Owned b, int order) {
    return (order == 0 ? a.shard.compareTo(b.shard) : order) <= 0 ? a : b;
  }
}
