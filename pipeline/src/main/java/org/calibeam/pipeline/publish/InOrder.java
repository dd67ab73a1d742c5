package org.calibeam.pipeline.publish;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.interp.Libtorch;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.quantizer.SequentialRun;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.ContentHash;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.Shard;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.pipeline.observe.FiniteInputs;
import org.calibeam.pipeline.observe.ProgressCounts;

/**
 * Runs samples one after the other and stages the files of the run: for fake quantization, where
 * each sample changes what the next one meets, and for the reference's observers, which depend on
 * the order. Hence one process and not Beam: the files by path, the samples of each by their
 * number.
 */
public final class InOrder {
  private final Publication publication;
  private final List<Shard> shards;
  private final String preprocessing;
  private final TreeMap<String, ShardTally> tallies = new TreeMap<>();
  private final List<BadSample> bad = new ArrayList<>();

  /**
   * @param preprocessing label of what was done to the samples; empty if nothing
   */
  public InOrder(Publication publication, List<Shard> shards, String preprocessing) {
    this.publication = publication;
    this.shards = List.copyOf(shards);
    this.preprocessing = preprocessing;
  }

  /**
   * Runs all samples and stages what {@code run} makes of them.
   *
   * @param progress is told how far it has come
   * @throws SamplesException if a sample fails that a broken run cannot go on without
   */
  public void run(SequentialRun run, Consumer<ProgressCounts> progress) {
    Map<Shard, List<ShardPart>> parts = new TreeMap<>((a, b) -> a.path().compareTo(b.path()));
    long expected = 0;
    for (Shard shard : shards) {
      parts.put(shard, shard.parts());
      long samples = parts.get(shard).stream().mapToLong(ShardPart::samples).sum();
      tallies.put(shard.path(), ShardTally.expecting(samples));
      expected += samples;
    }
    for (List<ShardPart> file : parts.values()) {
      for (ShardPart part : file) {
        part.read(new Visitor(part.shard().path(), run));
        progress.accept(progress(expected));
      }
    }
    RunStatistics statistics =
        RunStatistics.of(
            publication.fingerprint(tallies.values(), preprocessing),
            tallies.values(),
            run.statistics());
    publication.stageInOrder(new RunResults(statistics, tallies, bad), run::convert);
  }

  private ProgressCounts progress(long expected) {
    long done = tallies.values().stream().mapToLong(ShardTally::observed).sum();
    TreeMap<String, Long> paths = new TreeMap<>();
    for (ShardTally tally : tallies.values()) {
      tally.samplesPerPath().forEach((path, n) -> paths.merge(path.text(), n, Long::sum));
    }
    return new ProgressCounts(expected, done, bad.size(), paths);
  }

  private final class Visitor implements ShardPart.Visitor {
    private final String source;
    private final SequentialRun run;

    private Visitor(String source, SequentialRun run) {
      this.source = source;
      this.run = run;
    }

    @Override
    public void sample(InputSample sample) {
      Optional<String> complaint = FiniteInputs.complaint(sample);
      if (complaint.isPresent()) {
        unreadable(sample.id(), complaint.get());
        return;
      }
      Set<CodePath> taken;
      try {
        taken = new LinkedHashSet<>(run.run(sample.inputs()));
      } catch (SamplesException e) {
        if (run.isBroken()) {
          throw new SamplesException(
              "Cannot train beyond sample %s of %s: %s"
                  .formatted(sample.id(), source, e.getMessage()),
              e);
        }
        setAside(new BadSample(sample.id(), BadSample.RUN, String.valueOf(e.getMessage()), source));
        return;
      }
      add(
          ShardTally.observing(
              sample.id(), ContentHash.of(sample), Libtorch.cpuCapability(), taken));
    }

    @Override
    public void unreadable(SampleId id, String reason) {
      setAside(new BadSample(id, BadSample.READ, reason, source));
    }

    private void setAside(BadSample sample) {
      add(ShardTally.settingAside());
      bad.add(sample);
      if (bad.size() > publication.maxBadSamples()) {
        throw new SamplesException(
            "%s. --max-bad-samples allows %d."
                .formatted(sample.complaint(), publication.maxBadSamples()));
      }
    }

    private void add(ShardTally tally) {
      tallies.merge(source, tally, ShardTally::merge);
    }
  }
}
