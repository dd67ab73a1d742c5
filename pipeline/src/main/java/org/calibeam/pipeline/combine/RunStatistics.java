package org.calibeam.pipeline.combine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;

/**
 * All that a calibration found out: what {@code statistics.avro} holds.
 *
 * @param samplesPerPath samples that took each code path
 * @param shards ordered by content; the same content may occur twice within one run
 * @param statistics one for each observer of the model, an empty one if it saw nothing
 */
public record RunStatistics(
    Fingerprint fingerprint,
    SortedMap<CodePath, Long> samplesPerPath,
    List<ShardContent> shards,
    SortedMap<ObserverId, Statistic> statistics) {

  public RunStatistics {
    samplesPerPath = Collections.unmodifiableSortedMap(new TreeMap<>(samplesPerPath));
    shards = shards.stream().sorted().toList();
    statistics = Collections.unmodifiableSortedMap(new TreeMap<>(statistics));
  }

  /** What the tallies of all shards and the merged statistics amount to. */
  public static RunStatistics of(
      Fingerprint fingerprint,
      Collection<ShardTally> tallies,
      Map<ObserverId, Statistic> statistics) {
    TreeMap<CodePath, Long> samples = new TreeMap<>();
    List<ShardContent> shards = new ArrayList<>();
    for (ShardTally tally : tallies) {
      tally.samplesPerPath().forEach((path, n) -> samples.merge(path, n, Math::addExact));
      if (tally.observed() > 0) {
        shards.add(new ShardContent(tally.content(), tally.observed()));
      }
    }
    return new RunStatistics(fingerprint, samples, shards, new TreeMap<>(statistics));
  }

  /** Samples of all shards. */
  public long samples() {
    return shards.stream().mapToLong(ShardContent::samples).sum();
  }

  /**
   * The statistics of both runs. Merge law: exact.
   *
   * @throws SamplesException if the fingerprints differ, or both runs have seen the same shard
   */
  public static RunStatistics merge(RunStatistics a, RunStatistics b) {
    if (!a.fingerprint.equals(b.fingerprint)) {
      throw new SamplesException(
          "Cannot merge statistics that were made differently: one has %s; the other has %s. Calibrate again with the same model, configuration and preprocessing."
              .formatted(a.fingerprint, b.fingerprint));
    }
    Set<ShardContent> seen = new HashSet<>(a.shards);
    for (ShardContent shard : b.shards) {
      if (seen.contains(shard)) {
        throw new SamplesException(
            "Cannot merge statistics that both hold the shard %s of %d samples: it would count twice. Leave one of them out."
                .formatted(shard.hash(), shard.samples()));
      }
    }
    TreeMap<CodePath, Long> samples = new TreeMap<>(a.samplesPerPath);
    b.samplesPerPath.forEach((path, n) -> samples.merge(path, n, Math::addExact));
    List<ShardContent> shards = new ArrayList<>(a.shards);
    shards.addAll(b.shards);
    TreeMap<ObserverId, Statistic> statistics = new TreeMap<>(a.statistics);
    b.statistics.forEach((id, s) -> statistics.merge(id, s, Statistic::merge));
    return new RunStatistics(a.fingerprint, samples, shards, statistics);
  }
}
