package org.calibeam.pipeline.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Program;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
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

  @Test
  void of_weightPerChannel_tellsWhatItsOwnRoundingCosts() {
    ObserverId id = new ObserverId(CodePath.MAIN, "w");
    PreparedObserver.Weight weight =
        new PreparedObserver.Weight(
            QuantizationConfig.symmetric().weight().orElseThrow(),
            TensorData.ofFloats(new float[] {1f, 0.5f, -8f, 1.25f}, 2, 2));
    QParams qparams =
        new QParams(
            new float[] {1f, 4f},
            new int[] {0, 0},
            DType.INT8,
            -127,
            127,
            QScheme.PER_CHANNEL_SYMMETRIC,
            0);

    JsonNode entry =
        TensorEntry.of(
            id,
            weight,
            Optional.empty(),
            Optional.of(
                new ConvertedProgram(
                    new Program(
                        new Graph(List.of(), List.of(), false), Map.of(), List.of(), Map.of()),
                    Map.of(id, qparams),
                    Map.of(),
                    Set.of(),
                    Set.of(),
                    List.of())));

    // 1 stays, 0.5 becomes 0 (half to even), -8 stays, 1.25 becomes 0.
    double noise = 0.25 + 1.25 * 1.25;
    double signal = 1 + 0.25 + 64 + 1.25 * 1.25;
    assertThat(entry.get("sqnrDb").asDouble())
        .isCloseTo(10 * Math.log10(signal / noise), within(1e-9));
    assertThat(entry.get("min").asDouble()).isEqualTo(-8);
    assertThat(entry.get("max").asDouble()).isEqualTo(1.25);
  }
}
