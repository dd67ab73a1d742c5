package org.calibeam.pipeline.combine;

import java.util.Comparator;
import org.calibeam.pipeline.io.ContentHash;

/**
 * Which samples a shard contributed, whatever its name.
 *
 * @param samples observed
 */
public record ShardContent(ContentHash hash, long samples) implements Comparable<ShardContent> {
  private static final Comparator<ShardContent> ORDER =
      Comparator.comparing((ShardContent s) -> s.hash.hex()).thenComparingLong(s -> s.samples);

  @Override
  public int compareTo(ShardContent other) {
    return ORDER.compare(this, other);
  }
}
