package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.observe.CalibrateFn;
import org.calibeam.pipeline.observe.ProgressCounts;
import org.calibeam.pipeline.observe.ProgressNotes;
import org.jspecify.annotations.Nullable;

/**
 * Shows samples done of total, rate, time left and code paths taken: on a terminal as one line that
 * is rewritten, for machines as a line of JSON each second, else as a line now and then.
 */
final class Progress {
  private static final long INTERACTIVE_MILLIS = 200;
  private static final long JSON_MILLIS = 1000;
  private static final long LOG_MILLIS = 10_000;
  private static final MetricsFilter COUNTERS =
      MetricsFilter.builder()
          .addNameFilter(MetricNameFilter.inNamespace(PlanParts.COUNTERS))
          .build();

  private final Terminal terminal;
  private final String what;
  private final @Nullable ProgressNotes notes;
  private final long start = System.nanoTime();
  private long shownAt;
  private int width;

  /**
   * @param what is being done to samples, for example {@code calibrating}
   * @param notes where workers write how far they are, null if the runner's counters tell it
   */
  Progress(Terminal terminal, String what, @Nullable ProgressNotes notes) {
    this.terminal = terminal;
    this.what = what;
    this.notes = notes;
  }

  /** Shows a job that does not run on Beam. */
  void show(ProgressCounts counts) {
    if (isDue()) {
      print(counts);
    }
  }

  void show(PipelineResult result) {
    if (!isDue()) {
      return;
    }
    ProgressCounts counts = counters(result);
    if (notes != null) {
      ProgressCounts noted = notes.read();
      long expected = Math.max(counts.expected(), noted.expected());
      counts = new ProgressCounts(expected, noted.done(), noted.bad(), noted.paths());
    }
    print(counts);
  }

  private boolean isDue() {
    long millis = (System.nanoTime() - start) / 1_000_000;
    if (millis - shownAt < interval()) {
      return false;
    }
    shownAt = millis;
    return true;
  }

  private void print(ProgressCounts counts) {
    double seconds = shownAt / 1000.0;
    print(terminal.json() ? json(what, counts, seconds) : line(what, counts, seconds));
  }

  private long interval() {
    if (terminal.json()) {
      return JSON_MILLIS;
    }
    return terminal.interactive() ? INTERACTIVE_MILLIS : LOG_MILLIS;
  }

  private static ProgressCounts counters(PipelineResult result) {
    long expected = 0;
    long done = 0;
    long bad = 0;
    TreeMap<String, Long> paths = new TreeMap<>();
    for (MetricResult<Long> counter : result.metrics().queryMetrics(COUNTERS).getCounters()) {
      String name = counter.getName().getName();
      long n = counter.getAttempted();
      switch (name) {
        case PlanParts.EXPECTED_SAMPLES -> expected += n;
        case CalibrateFn.DONE_SAMPLES -> done += n;
        case CalibrateFn.BAD_SAMPLES -> bad += n;
        default -> {
          if (name.startsWith(CalibrateFn.PATH_SAMPLES)) {
            paths.merge(name.substring(CalibrateFn.PATH_SAMPLES.length()), n, Long::sum);
          }
        }
      }
    }
    return new ProgressCounts(expected, done, bad, paths);
  }

  /**
   * For example {@code calibrating: 384 of 512 samples (75 %), 120.5/s, 0:01 left; true_graph_0
   * 200, false_graph_0 184}.
   */
  static String line(String what, ProgressCounts counts, double seconds) {
    if (counts.expected() == 0) {
      return what + ": looking at the samples";
    }
    long done = finished(counts);
    double rate = done / Math.max(seconds, 1e-3);
    String line =
        String.format(
            Locale.ROOT,
            "%s: %d of %d samples (%d %%), %.1f/s, %s left",
            what,
            done,
            counts.expected(),
            100 * done / counts.expected(),
            rate,
            done == 0 ? "?" : time((counts.expected() - done) / rate));
    String branches =
        counts.paths().entrySet().stream()
            .filter(path -> path.getKey().contains("/"))
            .map(
                path ->
                    path.getKey().substring(path.getKey().indexOf('/') + 1) + " " + path.getValue())
            .collect(Collectors.joining(", "));
    return branches.isEmpty() ? line : line + "; " + branches;
  }

  /** The same for machines; what is not known yet is left out. */
  static String json(String what, ProgressCounts counts, double seconds) {
    long done = finished(counts);
    double rate = done / Math.max(seconds, 1e-3);
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("event", "progress")
            .put("what", what)
            .put("done", done)
            .put("bad", counts.bad())
            .put("samplesPerSecond", Math.round(10 * rate) / 10.0);
    if (counts.expected() > 0) {
      node.put("expected", counts.expected());
      if (done > 0) {
        node.put("secondsLeft", Math.round((counts.expected() - done) / rate));
      }
    }
    ObjectNode paths = node.putObject("codePaths");
    counts.paths().forEach(paths::put);
    return node.toString();
  }

  /** What is run again after a failure counts again, but never beyond what there is. */
  private static long finished(ProgressCounts counts) {
    long done = counts.done() + counts.bad();
    return counts.expected() == 0 ? done : Math.min(done, counts.expected());
  }

  private static String time(double seconds) {
    long whole = Math.round(Math.max(0, seconds));
    return whole >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }

  private void print(String line) {
    if (terminal.interactive() && !terminal.json()) {
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
