package org.calibeam.pipeline.observe;

import java.io.Serializable;
import java.util.TreeMap;
import org.apache.beam.sdk.metrics.Metrics;
import org.calibeam.pipeline.combine.ShardTally;
import org.calibeam.pipeline.io.PlanParts;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what one worker has run, for those who wait: in Beam's counters, in notes, in the log, in
 * Flink's metrics.
 */
final class WorkerProgress implements Serializable {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(WorkerProgress.class);

  private final @Nullable ProgressNotes notes;
  private transient ProgressNotes.@Nullable Writer note;
  private transient @Nullable FlinkTaskMetrics flink;
  private transient long samples;

  /**
   * @param notes where to write how far it is, null if Beam's counters are enough, which they are
   *     not on a Flink cluster
   */
  WorkerProgress(@Nullable ProgressNotes notes) {
    this.notes = notes;
  }

  void startBundle() {
    samples = 0;
    if (notes != null && note == null) {
      note = notes.newWriter();
      flink = FlinkTaskMetrics.ofThisThread();
    }
  }

  /** So many samples more are going to be run. */
  void expect(long more) {
    note(new ProgressCounts(more, 0, 0, new TreeMap<>()));
  }

  /** These were run. */
  void ran(ShardTally tally) {
    samples += tally.observed();
    count(tally);
  }

  /** These need not be run. */
  void knew(ShardTally tally) {
    expect(tally.expected());
    count(tally);
  }

  private void count(ShardTally tally) {
    TreeMap<String, Long> paths = new TreeMap<>();
    tally.samplesPerPath().forEach((path, n) -> paths.put(path.text(), n));
    paths.forEach(
        (path, n) -> Metrics.counter(PlanParts.COUNTERS, CalibrateFn.PATH_SAMPLES + path).inc(n));
    ProgressCounts counts = new ProgressCounts(0, tally.observed(), tally.bad(), paths);
    note(counts);
    if (flink != null) {
      flink.add(counts);
    }
  }

  private void note(ProgressCounts more) {
    if (note != null) {
      note.add(more);
    }
  }

  void finishBundle() {
    if (note != null) {
      note.write();
    }
    LOG.info("Ran {} samples", samples);
  }
}
