package org.calibeam.pipeline.combine;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.ListCoder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.BadSampleCoder;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;

/**
 * All that running one shard found out.
 *
 * <p>Its file is a {@code statistics.avro} that any verb reads, with the tally and the bad samples
 * besides. Equal entries have equal bytes.
 *
 * @param tally complete: every announced sample was run or set aside
 * @param statistics of the observers that saw anything
 */
public record ShardEntry(
    Fingerprint fingerprint,
    ShardTally tally,
    List<BadSample> bad,
    SortedMap<ObserverId, Statistic> statistics) {
  private static final ListCoder<BadSample> BAD = ListCoder.of(BadSampleCoder.of());

  public ShardEntry {
    tally = tally.withState(StateUse.NONE);
    bad = bad.stream().sorted().toList();
    statistics = new TreeMap<>(statistics);
    if (!tally.isComplete() || tally.bad() != bad.size()) {
      throw new IllegalArgumentException(
          "A shard of %d samples is not done with %d run and %d set aside"
              .formatted(tally.expected(), tally.observed(), bad.size()));
    }
  }

  byte[] toBytes() {
    ByteArrayOutputStream extra = new ByteArrayOutputStream();
    try {
      ShardTallyCoder.of().encode(tally, extra);
      BAD.encode(bad, extra);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot fail to be written", e);
    }
    RunStatistics run = RunStatistics.of(fingerprint, List.of(tally), statistics);
    return StatisticsFile.toBytes(new StatisticsFile.Content(run, extra.toByteArray()));
  }

  /**
   * Reads what {@link #toBytes} gave.
   *
   * @throws SamplesException if it is damaged or something else
   */
  static ShardEntry read(InputStream in, String name) throws IOException {
    StatisticsFile.Content content = StatisticsFile.readAll(in, name);
    ByteArrayInputStream extra = new ByteArrayInputStream(content.extra());
    RunStatistics run = content.run();
    try {
      return new ShardEntry(
          run.fingerprint(),
          ShardTallyCoder.of().decode(extra),
          BAD.decode(extra),
          run.statistics());
    } catch (IOException | IllegalArgumentException e) {
      throw new SamplesException("%s is not of one shard: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** The same as if read from {@code shard}, which holds the same bytes under its own name. */
  ShardEntry of(Shard shard) {
    TreeMap<CodePath, PathTally> paths = new TreeMap<>();
    for (Map.Entry<CodePath, PathTally> path : tally.paths().entrySet()) {
      PathTally taken = path.getValue();
      paths.put(path.getKey(), new PathTally(taken.samples(), of(shard, taken.first())));
    }
    ShardTally renamed =
        new ShardTally(
            tally.expected(),
            tally.observed(),
            tally.bad(),
            tally.leftOut(),
            tally.content(),
            tally.kernelLevels(),
            paths,
            tally.state());
    return new ShardEntry(
        fingerprint,
        renamed,
        bad.stream()
            .map(b -> new BadSample(of(shard, b.id()), b.stage(), b.reason(), shard.path()))
            .toList(),
        statistics);
  }

  private static SampleId of(Shard shard, SampleId id) {
    return new SampleId(shard.name(), id.number());
  }
}
