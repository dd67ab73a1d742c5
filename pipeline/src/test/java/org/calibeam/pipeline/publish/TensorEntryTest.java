package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.FloatBuffer;
import java.util.Optional;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.qspec.QuantizationConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorEntryTest {

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 3", "0.001, -0.5", "1000, 0"})
  void of_histogram_countsEveryValueWithinItsEnds(float width, float shift) {
    Random random = new Random(7);
    float[] values = new float[5000];
    float least = Float.POSITIVE_INFINITY;
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * width + shift;
      least = Math.min(least, values[i]);
      greatest = Math.max(greatest, values[i]);
    }
    StatisticAccumulator accumulator = new StatisticAccumulator(Histogram.DEFAULT_BINS);
    accumulator.observe(FloatBuffer.wrap(values), least, greatest);
    accumulator.sampleDone();
    Statistic statistic = accumulator.snapshot();

    JsonNode histogram =
        TensorEntry.of(
                new ObserverId(CodePath.MAIN, "x"),
                new PreparedObserver.Activation(
                    QuantizationConfig.symmetric().inputActivation().orElseThrow()),
                Optional.of(statistic),
                Optional.empty())
            .get("histogram");

    JsonNode counts = histogram.get("counts");
    double from = histogram.get("from").asDouble();
    assertThat(counts.size()).isBetween(8, TensorEntry.SHOWN_BINS);
    assertThat(StreamSupport.stream(counts.spliterator(), false).mapToLong(JsonNode::asLong).sum())
        .isEqualTo(statistic.histogram().total());
    assertThat(from).isLessThanOrEqualTo(least);
    assertThat(from + counts.size() * histogram.get("width").asDouble())
        .isGreaterThanOrEqualTo(greatest);
  }
}
