package org.calibeam.pipeline.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

class FlinkTaskMetricsTest {
  @Test
  void add_counts_sumUpByName() {
    Registered group = new Registered();
    FlinkTaskMetrics metrics = new FlinkTaskMetrics(group);

    metrics.add(new ProgressCounts(9, 2, 1, new TreeMap<>(Map.of("main", 2L, "main/a", 1L))));
    metrics.add(new ProgressCounts(0, 3, 0, new TreeMap<>(Map.of("main", 3L))));

    assertThat(group.counts())
        .isEqualTo(
            Map.of(
                "samples-done",
                5L,
                "samples-bad",
                1L,
                "samples-on main",
                5L,
                "samples-on main/a",
                1L));
    assertThat(group.meters).containsOnlyKeys("samples-per-second");
  }

  @Test
  void ofThisThread_noTaskOfFlink_areNone() {
    assertThat(FlinkTaskMetrics.ofThisThread()).isNull();
  }

  private static final class Registered extends UnregisteredMetricsGroup {
    private final Map<String, Counter> counters = new TreeMap<>();
    private final Map<String, Meter> meters = new TreeMap<>();

    @Override
    public Counter counter(String name) {
      Counter counter = super.counter(name);
      assertThat(counters.put(name, counter)).as("registered before").isNull();
      return counter;
    }

    @Override
    public <M extends Meter> M meter(String name, M meter) {
      meters.put(name, meter);
      return meter;
    }

    private Map<String, Long> counts() {
      Map<String, Long> counts = new TreeMap<>();
      counters.forEach((name, counter) -> counts.put(name, counter.getCount()));
      return counts;
    }
  }
}
