package org.calibeam.pipeline.observe;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.calibeam.pipeline.io.Shard;

/**
 * Divides the shards of a run, in the order of their paths, into at most {@link #MOST} groups of
 * neighbours whose statistics are kept apart until the end: enough to tell whether a scale depends
 * on some of the data, few enough to be gathered.
 *
 * @param firstPaths the first path of each group
 */
public record Folds(List<String> firstPaths) implements Serializable {
  /** Up to so many shards each is a group by itself. */
  public static final int MOST = 16;

  public Folds {
    firstPaths = List.copyOf(firstPaths);
  }

  public static Folds of(List<Shard> shards) {
    List<String> paths = shards.stream().map(Shard::path).sorted().distinct().toList();
    int groups = Math.min(MOST, paths.size());
    List<String> firsts = new ArrayList<>();
    for (int i = 0; i < groups; i++) {
      firsts.add(paths.get((int) ((long) i * paths.size() / groups)));
    }
    return new Folds(firsts);
  }

  /** The group, from 0, of the shard at {@code path}. */
  public int of(String path) {
    int at = Collections.binarySearch(firstPaths, path);
    return at >= 0 ? at : -at - 2;
  }
}
