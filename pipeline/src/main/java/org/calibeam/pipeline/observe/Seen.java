package org.calibeam.pipeline.observe;

import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.combine.Finding;

/** What the observers of one worker saw during a bundle, by group of shards. For one thread. */
final class Seen {
  private final Folds folds;
  private final Map<String, Finding> findings = new TreeMap<>();

  Seen(Folds folds) {
    this.folds = folds;
  }

  /** Adds what was seen of the shard at {@code path}. */
  void add(String path, Map<ObserverId, Statistic> seen) {
    int group = folds.of(path);
    seen.forEach(
        (id, statistic) -> {
          Finding finding = Finding.Observed.of(id, group, statistic, path);
          findings.merge(finding.key(), finding, Finding::merge);
        });
  }

  /** Emits everything at the end of a bundle. */
  <T> void emit(DoFn<T, KV<String, Finding>>.FinishBundleContext context) {
    findings
        .values()
        .forEach(
            finding ->
                context.output(
                    finding.keyed(), GlobalWindow.INSTANCE.maxTimestamp(), GlobalWindow.INSTANCE));
  }
}
