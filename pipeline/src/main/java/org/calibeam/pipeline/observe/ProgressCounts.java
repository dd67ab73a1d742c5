package org.calibeam.pipeline.observe;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How far a job is. For people who wait: a part that is run again counts again.
 *
 * @param expected samples that the files announce, 0 as long as that is not known
 * @param bad samples that were set aside
 * @param paths samples that took each code path
 */
public record ProgressCounts(long expected, long done, long bad, SortedMap<String, Long> paths) {
  public static final ProgressCounts NONE = new ProgressCounts(0, 0, 0, new TreeMap<>());

  public ProgressCounts {
    paths = Collections.unmodifiableSortedMap(new TreeMap<>(paths));
  }

  public ProgressCounts plus(ProgressCounts other) {
    TreeMap<String, Long> sum = new TreeMap<>(paths);
    other.paths.forEach((path, n) -> sum.merge(path, n, Long::sum));
    return new ProgressCounts(expected + other.expected, done + other.done, bad + other.bad, sum);
  }
}
