package org.calibeam.pipeline.observe;

import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MeterView;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.taskmanager.Task;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker has run as metrics of its Flink task, up to date while it runs: {@code
 * calibeam.samples-done}, {@code calibeam.samples-bad}, {@code calibeam.samples-per-second} and
 * {@code calibeam.samples-on PATH} for each code path. For one thread.
 *
 * <p>Beam's own counters reach Flink at the end of a bundle, which in a batch job is the end of the
 * task, and a DoFn is not given Flink's context. So the task is looked up where the thread that
 * runs it keeps it; where that is not possible there are no such metrics and the job is none the
 * worse.
 */
final class FlinkTaskMetrics {
  static final String GROUP = "calibeam";
  static final String RATE = "samples-per-second";
  private static final Logger LOG = LoggerFactory.getLogger(FlinkTaskMetrics.class);

  private final MetricGroup group;
  private final Counter done;
  private final Counter bad;
  private final Map<String, Counter> paths = new HashMap<>();

  FlinkTaskMetrics(MetricGroup group) {
    this.group = group;
    this.done = group.counter(CalibrateFn.DONE_SAMPLES);
    this.bad = group.counter(CalibrateFn.BAD_SAMPLES);
    group.meter(RATE, new MeterView(done, 10));
  }

  /** Those of the task that this thread runs, null if it runs none. */
  static @Nullable FlinkTaskMetrics ofThisThread() {
    try {
      Field target = Thread.class.getDeclaredField("target");
      target.setAccessible(true);
      return target.get(Thread.currentThread()) instanceof Task task
          ? new FlinkTaskMetrics(task.getMetricGroup().addGroup(GROUP))
          : null;
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      LOG.debug("No metrics in Flink", e);
      return null;
    }
  }

  /** So many more. */
  void add(ProgressCounts more) {
    done.inc(more.done());
    bad.inc(more.bad());
    more.paths()
        .forEach(
            (path, n) ->
                paths
                    .computeIfAbsent(path, p -> group.counter(CalibrateFn.PATH_SAMPLES + p))
                    .inc(n));
  }
}
