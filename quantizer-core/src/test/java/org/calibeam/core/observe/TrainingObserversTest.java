package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.observe.CalibratorTest.INT8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Moving averages and fake quantizers against what torchao 0.18 made of the same batches. */
class TrainingObserversTest {
  static Stream<JsonNode> training() {
    return StreamSupport.stream(ReferenceData.golden().get("training").spliterator(), false);
  }

  static Stream<JsonNode> covering() {
    return StreamSupport.stream(ReferenceData.golden().get("covering").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("training")
  void apply_randomBatches_isTheReference(JsonNode expected) {
    String name = expected.get("observer").asText();
    Observed spec = spec(expected, name);
    long[] shape = longs(expected.get("shape"));
    MovingAverageObserver average = new MovingAverageObserver(spec);
    FakeQuantizer quantizer = name.startsWith("moving") ? null : new FakeQuantizer(spec);
    for (int i = 0; i < expected.get("batches").size(); i++) {
      float[] values = ReferenceData.batch(expected.get("batches").get(i));
      JsonNode step = expected.get("steps").get(i);
      average.observe(values, shape);
      assertThat(average.min()).as("min after batch %d", i).isEqualTo(floats(step.get("min")));
      assertThat(average.max()).as("max after batch %d", i).isEqualTo(floats(step.get("max")));
      check(average.qparams(), step);
      if (quantizer != null) {
        float[] output = quantizer.apply(values, shape);
        assertThat(quantizer.trainingScales()).isEqualTo(floats(step.get("training_scale")));
        assertThat(quantizer.trainingZeroPoints()).isEqualTo(ints(step.get("training_zero_point")));
        assertThat(ReferenceData.crc(output)).isEqualTo(step.get("output").asLong());
        check(quantizer.qparams(), step);
      }
    }
  }

  private static void check(QParams qparams, JsonNode step) {
    assertThat(qparams.scales()).isEqualTo(floats(step.get("scale")));
    assertThat(qparams.zeroPoints()).isEqualTo(ints(step.get("zero_point")));
  }

  private static Observed spec(JsonNode expected, String name) {
    Observed base = ReferenceData.spec(expected.get("spec").asText());
    ObserverKind kind =
        switch (name) {
          case "moving", "fake" -> ObserverKind.MOVING_AVERAGE_FAKE_QUANTIZE;
          case "fused", "fused_channels" -> ObserverKind.FUSED_MOVING_AVERAGE_FAKE_QUANTIZE;
          case "moving_channels", "fake_channels" ->
              ObserverKind.MOVING_AVERAGE_PER_CHANNEL_FAKE_QUANTIZE;
          case "fake_minmax_channels" -> ObserverKind.PER_CHANNEL_FAKE_QUANTIZE;
          default -> throw new IllegalArgumentException(name);
        };
    return new Observed(
        base.dtype(),
        base.quantMin(),
        base.quantMax(),
        base.qscheme(),
        expected.get("axis").asInt(),
        false,
        kind,
        base.eps(),
        expected.get("averaging").asDouble());
  }

  private static float[] floats(JsonNode json) {
    float[] values = new float[json.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) json.get(i).asDouble();
    }
    return values;
  }

  private static int[] ints(JsonNode json) {
    int[] values = new int[json.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = json.get(i).asInt();
    }
    return values;
  }

  private static long[] longs(JsonNode json) {
    long[] values = new long[json.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = json.get(i).asLong();
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("covering")
  void covering_anyRange_isTheReferences(JsonNode expected) {
    QParams qparams =
        QParams.covering(
            ReferenceData.spec(expected.get("spec").asText()),
            new float[] {(float) expected.get("min").asDouble()},
            new float[] {(float) expected.get("max").asDouble()});
    assertThat(qparams.scale()).isEqualTo((float) expected.get("scale").asDouble());
    assertThat(qparams.zeroPoint()).isEqualTo(expected.get("zero_point").asInt());
  }

  @Test
  void batch_eachKind_isThatOfTheScript() {
    for (JsonNode data : ReferenceData.golden().get("data")) {
      String kind = data.get(0).asText();
      assertThat(ReferenceData.crc(ReferenceData.batch(kind, 12345, 1000, 1.25)))
          .as(kind)
          .isEqualTo(data.get(1).asLong());
    }
  }

  @Test
  void apply_emptyTensor_changesNothing() {
    FakeQuantizer quantizer =
        new FakeQuantizer(INT8.withObserver(ObserverKind.FUSED_MOVING_AVERAGE_FAKE_QUANTIZE));
    assertThat(quantizer.apply(new float[0], new long[] {0})).isEmpty();
    assertThatThrownBy(quantizer::qparams).isInstanceOf(SamplesException.class);
  }

  @Test
  void new_observerThatDoesNotQuantize_isRefused() {
    assertThatThrownBy(() -> new FakeQuantizer(INT8))
        .hasMessage("HISTOGRAM does not change values");
  }
}
