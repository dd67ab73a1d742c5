package org.calibeam.pipeline.combine;

import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.calibeam.core.graph.CodePath;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.SampleId;

/**
 * What became of the samples of one shard, or of a part of it. Merge law: exact.
 *
 * @param expected samples that the file announced
 * @param observed samples that were run
 * @param bad samples that were set aside
 * @param leftOut samples that are not of the share that is read
 * @param content of the observed samples
 * @param kernelLevels CPU kernels that ran them; more than one if the workers differ
 * @param paths by the code paths that observed samples took
 * @param state whether statistics of an earlier run were used
 */
public record ShardTally(
    long expected,
    long observed,
    long bad,
    long leftOut,
    ContentHash content,
    SortedSet<String> kernelLevels,
    SortedMap<CodePath, PathTally> paths,
    StateUse state)
    implements Serializable {
  public static final ShardTally EMPTY =
      new ShardTally(
          0, 0, 0, 0, ContentHash.EMPTY, new TreeSet<>(), new TreeMap<>(), StateUse.NONE);

  public ShardTally {
    kernelLevels = Collections.unmodifiableSortedSet(new TreeSet<>(kernelLevels));
    paths = Collections.unmodifiableSortedMap(new TreeMap<>(paths));
  }

  /** Some samples are announced. */
  public static ShardTally expecting(long samples) {
    return new ShardTally(
        samples, 0, 0, 0, ContentHash.EMPTY, new TreeSet<>(), new TreeMap<>(), StateUse.NONE);
  }

  /** One sample was run. */
  public static ShardTally observing(
      SampleId id, ContentHash content, String kernelLevel, Iterable<CodePath> taken) {
    TreeMap<CodePath, PathTally> paths = new TreeMap<>();
    taken.forEach(path -> paths.put(path, new PathTally(1, id)));
    return new ShardTally(
        0, 1, 0, 0, content, new TreeSet<>(Set.of(kernelLevel)), paths, StateUse.NONE);
  }

  /** One sample was set aside. */
  public static ShardTally settingAside() {
    return new ShardTally(
        0, 0, 1, 0, ContentHash.EMPTY, new TreeSet<>(), new TreeMap<>(), StateUse.NONE);
  }

  /** One sample was not of the share. */
  public static ShardTally leavingOut() {
    return new ShardTally(
        0, 0, 0, 1, ContentHash.EMPTY, new TreeSet<>(), new TreeMap<>(), StateUse.NONE);
  }

  public static ShardTally merge(ShardTally a, ShardTally b) {
    TreeMap<CodePath, PathTally> paths = new TreeMap<>(a.paths);
    b.paths.forEach((path, tally) -> paths.merge(path, tally, PathTally::merge));
    TreeSet<String> kernelLevels = new TreeSet<>(a.kernelLevels);
    kernelLevels.addAll(b.kernelLevels);
    return new ShardTally(
        Math.addExact(a.expected, b.expected),
        Math.addExact(a.observed, b.observed),
        Math.addExact(a.bad, b.bad),
        Math.addExact(a.leftOut, b.leftOut),
        a.content.plus(b.content),
        kernelLevels,
        paths,
        a.state.plus(b.state));
  }

  /** The same, its statistics used or kept as {@code use} says. */
  public ShardTally withState(StateUse use) {
    return new ShardTally(expected, observed, bad, leftOut, content, kernelLevels, paths, use);
  }

  /** Whether every announced sample was run, set aside or left out. */
  public boolean isComplete() {
    return expected == observed + bad + leftOut;
  }

  /** Samples by code path. */
  public Map<CodePath, Long> samplesPerPath() {
    TreeMap<CodePath, Long> samples = new TreeMap<>();
    paths.forEach((path, tally) -> samples.put(path, tally.samples()));
    return samples;
  }
}
