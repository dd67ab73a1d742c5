package org.calibeam.pipeline.publish;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollectionView;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Extremes;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.observe.CalibrationTask;
import org.jspecify.annotations.Nullable;

/**
 * The last stage of a calibration: takes all that was merged and stages the files of the run. Its
 * element only starts it. Safe to repeat: it writes the same files again.
 */
public final class PublishFn extends DoFn<Integer, String> {
  private static final long serialVersionUID = 1;

  private final CalibrationTask task;
  private final OutputFolder folder;
  private final @Nullable ConversionSettings conversion;
  private final String preprocessing;
  private final long maxBadSamples;
  private final PCollectionView<List<KV<KV<ObserverId, Integer>, Statistic>>> statistics;
  private final PCollectionView<List<KV<ObserverId, Extremes>>> extremes;
  private final PCollectionView<List<KV<String, ShardTally>>> tallies;
  private final PCollectionView<List<BadSample>> bad;

  PublishFn(
      Publication publication,
      String preprocessing,
      PCollectionView<List<KV<KV<ObserverId, Integer>, Statistic>>> statistics,
      PCollectionView<List<KV<ObserverId, Extremes>>> extremes,
      PCollectionView<List<KV<String, ShardTally>>> tallies,
      PCollectionView<List<BadSample>> bad) {
    this.task = publication.task();
    this.folder = publication.folder();
    this.conversion = publication.conversion().orElse(null);
    this.maxBadSamples = publication.maxBadSamples();
    this.preprocessing = preprocessing;
    this.statistics = statistics;
    this.extremes = extremes;
    this.tallies = tallies;
    this.bad = bad;
  }

  @ProcessElement
  public void process(ProcessContext context) {
    FinalFailure.unlessRepeatable(() -> stage(context));
    context.output(folder.path());
  }

  private void stage(ProcessContext context) {
    TreeMap<String, ShardTally> shards = new TreeMap<>();
    context.sideInput(tallies).forEach(t -> shards.put(t.getKey(), t.getValue()));
    TreeMap<ObserverId, Statistic> merged = new TreeMap<>();
    TreeMap<ObserverId, SortedMap<Integer, Statistic>> groups = new TreeMap<>();
    context
        .sideInput(statistics)
        .forEach(
            s -> {
              ObserverId id = s.getKey().getKey();
              merged.merge(id, s.getValue(), Statistic::merge);
              groups
                  .computeIfAbsent(id, i -> new TreeMap<>())
                  .put(s.getKey().getValue(), s.getValue());
            });
    TreeMap<ObserverId, Extremes> owners = new TreeMap<>();
    context.sideInput(extremes).forEach(e -> owners.put(e.getKey(), e.getValue()));
    List<BadSample> setAside = new ArrayList<>();
    context.sideInput(bad).forEach(setAside::add);
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
