package org.calibeam.pipeline.publish;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.pipeline.combine.PathTally;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;

/**
 * What a calibration over shards found out.
 *
 * @param shards by path; empty if the statistics come from a file
 * @param bad ordered
 */
public record RunResults(
    RunStatistics statistics, SortedMap<String, ShardTally> shards, List<BadSample> bad) {

  public RunResults {
    shards = new TreeMap<>(shards);
    bad = bad.stream().sorted().toList();
  }

  /**
   * Checks that no sample was lost or seen twice, and that there are enough good ones.
   *
   * @throws SamplesException if the results may not be used
   */
  public void audit(long maxBadSamples) {
    for (Map.Entry<String, ShardTally> shard : shards.entrySet()) {
      ShardTally tally = shard.getValue();
      if (!tally.isComplete()) {
        throw new SamplesException(
            "Samples of %s do not add up: it announced %d, %d were run and %d set aside, %d left out. It may have changed meanwhile; run the job again."
                .formatted(
                    shard.getKey(),
                    tally.expected(),
                    tally.observed(),
                    tally.bad(),
                    tally.leftOut()));
      }
    }
    if (bad.size() > maxBadSamples) {
      throw new SamplesException(
          "%d bad samples, --max-bad-samples allows %d. The first: %s"
              .formatted(bad.size(), maxBadSamples, bad.get(0).complaint()));
    }
    if (statistics.samples() == 0) {
      throw new SamplesException(
          "No samples: the %d files hold %s. Give files with samples."
              .formatted(shards.size(), bad.isEmpty() ? "none" : "none that can be used"));
    }
  }

  /** Samples that the shards announced; those of statistics from a file count as they are. */
  long expected() {
    return shards.isEmpty()
        ? statistics.samples()
        : shards.values().stream().mapToLong(ShardTally::expected).sum();
  }

  /** Code paths with the first sample that took each. */
  SortedMap<CodePath, PathTally> paths() {
    TreeMap<CodePath, PathTally> paths = new TreeMap<>();
    for (ShardTally tally : shards.values()) {
      tally.paths().forEach((path, taken) -> paths.merge(path, taken, PathTally::merge));
    }
    return paths;
  }
}
