package org.calibeam.pipeline.publish;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Extremes;
import org.calibeam.pipeline.combine.Finding;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.jspecify.annotations.Nullable;

/**
 * The last stage of a calibration: takes all that was merged and stages the files of the run. Safe
 * to repeat: it writes the same files again.
 */
public final class PublishFn extends DoFn<KV<Integer, Iterable<Finding>>, String> {
  private static final long serialVersionUID = 1;

  private final CalibrationTask task;
  private final OutputFolder folder;
  private final @Nullable ConversionSettings conversion;
  private final String preprocessing;
  private final long maxBadSamples;

  PublishFn(Publication publication, String preprocessing) {
    this.task = publication.task();
    this.folder = publication.folder();
    this.conversion = publication.conversion().orElse(null);
    this.maxBadSamples = publication.maxBadSamples();
    this.preprocessing = preprocessing;
  }

  @ProcessElement
  public void process(
      @Element KV<Integer, Iterable<Finding>> gathered, OutputReceiver<String> out) {
    FinalFailure.unlessRepeatable(() -> stage(gathered.getValue()));
    out.output(folder.path());
  }

  private void stage(Iterable<Finding> findings) {
    TreeMap<String, ShardTally> shards = new TreeMap<>();
    TreeMap<ObserverId, Statistic> merged = new TreeMap<>();
    TreeMap<ObserverId, SortedMap<Integer, Statistic>> groups = new TreeMap<>();
    TreeMap<ObserverId, Extremes> owners = new TreeMap<>();
    List<BadSample> setAside = new ArrayList<>();
    for (Finding finding : findings) {
      if (finding instanceof Finding.Counted counted) {
        shards.put(counted.shard(), counted.tally());
      } else if (finding instanceof Finding.SetAside bad) {
        setAside.add(bad.sample());
      } else if (finding instanceof Finding.Observed observed) {
        ObserverId id = observed.id();
        merged.merge(id, observed.statistic(), Statistic::merge);
        groups
            .computeIfAbsent(id, i -> new TreeMap<>())
            .put(observed.group(), observed.statistic());
        observed.extremes().ifPresent(held -> owners.merge(id, held, Extremes::merge));
      }
    }
    Publication publication =
        new Publication(task, folder, Optional.ofNullable(conversion), maxBadSamples);
    RunStatistics run =
        RunStatistics.of(
            publication.fingerprint(shards.values(), preprocessing), shards.values(), merged);
    publication.stage(
        new RunResults(run, shards, setAside),
        Optional.of(new DataCheck(List.copyOf(shards.keySet()), groups, owners)));
  }
}
