package org.calibeam.pipeline.cli;

import java.util.Locale;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricQueryResults;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.observe.CalibrateFn;

/**
 * Shows samples done of total, rate and time left: on a terminal as one line that is rewritten,
 * else as a line now and then.
 */
final class Progress {
  private static final long INTERACTIVE_MILLIS = 200;
  private static final long LOG_MILLIS = 10_000;
  private static final MetricsFilter COUNTERS =
      MetricsFilter.builder()
          .addNameFilter(MetricNameFilter.inNamespace(PlanParts.COUNTERS))
          .build();

  private final Terminal terminal;
  private final String what;
  private final long start = System.nanoTime();
  private long shownAt;
  private int width;

  /**
   * @param what is being done to samples, for example {@code calibrating}
   */
  Progress(Terminal terminal, String what) {
    this.terminal = terminal;
    this.what = what;
  }

  void show(PipelineResult result) {
    long millis = (System.nanoTime() - start) / 1_000_000;
    if (millis - shownAt < (terminal.interactive() ? INTERACTIVE_MILLIS : LOG_MILLIS)) {
      return;
    }
    shownAt = millis;
    long expected = 0;
    long done = 0;
    MetricQueryResults metrics = result.metrics().queryMetrics(COUNTERS);
    for (MetricResult<Long> counter : metrics.getCounters()) {
      switch (counter.getName().getName()) {
        case PlanParts.EXPECTED_SAMPLES -> expected += counter.getAttempted();
        case CalibrateFn.DONE_SAMPLES, CalibrateFn.BAD_SAMPLES -> done += counter.getAttempted();
        default -> {}
      }
    }
    print(line(what, done, expected, millis / 1000.0));
  }

  /** For example {@code calibrating: 384 of 512 samples (75 %), 120.5/s, 0:01 left}. */
  static String line(String what, long done, long expected, double seconds) {
    if (expected == 0) {
      return what + ": looking at the samples";
    }
    double rate = done / Math.max(seconds, 1e-3);
    String left = done == 0 ? "?" : time((expected - done) / rate);
    return String.format(
        Locale.ROOT,
        "%s: %d of %d samples (%d %%), %.1f/s, %s left",
        what,
        done,
        expected,
        100 * done / expected,
        rate,
        left);
  }

  private static String time(double seconds) {
    long whole = Math.round(Math.max(0, seconds));
    return whole >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }

  private void print(String line) {
    if (terminal.interactive()) {
      terminal.err().print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      terminal.err().flush();
      width = line.length();
    } else {
      terminal.err().println(line);
    }
  }

  /** Leaves the terminal as it was found. */
  void end() {
    if (width > 0) {
      terminal.err().print("\r" + " ".repeat(width) + "\r");
      terminal.err().flush();
      width = 0;
    }
  }
}
