package org.calibeam.pipeline.observe;

import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Extremes;

/** What the observers of one worker saw during a bundle, by group of shards. For one thread. */
final class Seen {
  private final Folds folds;
  private final Map<Integer, Map<ObserverId, Statistic>> statistics = new TreeMap<>();
  private final Map<ObserverId, Extremes> extremes = new TreeMap<>();

  Seen(Folds folds) {
    this.folds = folds;
  }

  /** Adds what was seen of the shard at {@code path}. */
  void add(String path, Map<ObserverId, Statistic> seen) {
    Map<ObserverId, Statistic> group =
        statistics.computeIfAbsent(folds.of(path), fold -> new TreeMap<>());
    seen.forEach(
        (id, statistic) -> {
          group.merge(id, statistic, Statistic::merge);
          if (statistic.min() <= statistic.max()) {
            extremes.merge(
                id, Extremes.of(statistic.min(), statistic.max(), path), Extremes::merge);
          }
        });
  }

  /** Emits everything at the end of a bundle. */
  <T> void emit(DoFn<T, KV<KV<ObserverId, Integer>, Statistic>>.FinishBundleContext context) {
    statistics.forEach(
        (fold, group) ->
            group.forEach(
                (id, statistic) ->
                    context.output(
                        KV.of(KV.of(id, fold), statistic),
                        GlobalWindow.INSTANCE.maxTimestamp(),
                        GlobalWindow.INSTANCE)));
    extremes.forEach(
        (id, owned) ->
            context.output(
                CalibrateFn.EXTREMES,
                KV.of(id, owned),
                GlobalWindow.INSTANCE.maxTimestamp(),
                GlobalWindow.INSTANCE));
  }
}
