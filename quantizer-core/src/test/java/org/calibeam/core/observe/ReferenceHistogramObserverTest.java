package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.observe.CalibratorTest.INT16;
import static org.calibeam.core.observe.CalibratorTest.INT8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReferenceHistogramObserverTest {

  private record Candidate(int start, int end, double error) {}

  /** What torchao 0.18 answers for one sequence of batches. */
  private record Expected(
      String batches,
      Observed spec,
      float min,
      float max,
      double total,
      double checksum,
      int occupied,
      Range range,
      float scale,
      int zeroPoint,
      Candidate first,
      Candidate last) {}

  private static float[] golden(char name) {
    int n =
        switch (name) {
          case 'A', 'B' -> 1000;
          case 'C' -> 300;
          case 'D' -> 5000;
          case 'E' -> 20000;
          default -> 65520;
        };
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] =
          switch (name) {
            case 'A' -> (i % 97 - 40) / 16f;
            case 'B' -> (i % 211 - 100) / 8f;
            case 'C' -> i * i / 1024f;
            case 'D' -> (i * i % 1009 - 300) / 64f * (i % 50 == 0 ? 3 : 1);
            case 'E' -> fifthPower((i * 7919L % 1009 - 504) / 504.0);
            default -> cubedRelu(i * 48271L % 65521 / 8192.0 - 4);
          };
    }
    return values;
  }

  private static float fifthPower(double x) {
    return (float) (8 * (x * x * x * x * x));
  }

  private static float cubedRelu(double x) {
    return (float) (Math.max(0, x * x * x) / 8);
  }

  static Stream<Expected> goldens() {
    return Stream.of(
        new Expected(
            "A",
            INT8,
            -2.5f,
            3.5f,
            1000,
            1002220,
            97,
            new Range(-2.5f, 3.4970703125f),
            0.023517923429608345f,
            -22,
            new Candidate(0, 2046, 0.04307637736201286),
            new Candidate(0, 2025, 0.10048645734786987)),
        new Expected(
            "C",
            INT8,
            0f,
            87.3056640625f,
            300,
            204996,
            289,
            new Range(0f, 87.26303100585938f),
            0.34220796823501587f,
            -128,
            new Candidate(0, 2046, 2.9647300243377686),
            new Candidate(0, 2033, 3.4533872604370117)),
        new Expected(
            "AB",
            INT8,
            -12.5f,
            13.75f,
            2000,
            1990548.125,
            281,
            new Range(-12.5f, 13.7371826171875f),
            0.10289090871810913f,
            -7,
            new Candidate(0, 2046, 1.7613654136657715),
            new Candidate(0, 2037, 1.8684560060501099)),
        new Expected(
            "ABC",
            INT8,
            -12.5f,
            87.3056640625f,
            2300,
            779056.421875,
            534,
            new Range(-12.5f, 87.25692749023438f),
            0.3912036418914795f,
            -96,
            new Candidate(0, 2046, 29.35987091064453),
            new Candidate(0, 2035, 29.9780330657959)),
        new Expected(
            "CAB",
            INT8,
            -12.5f,
            87.3056640625f,
            2300,
            779044.2421875,
            867,
            new Range(-12.5f, 87.25692749023438f),
            0.3912036418914795f,
            -96,
            new Candidate(0, 2046, 29.232912063598633),
            new Candidate(0, 2036, 29.80748748779297)),
        new Expected(
            "AD",
            INT8,
            -14.0625f,
            32.953125f,
            6000,
            4419265.5,
            539,
            new Range(-14.0625f, 32.93016815185547f),
            0.184284970164299f,
            -52,
            new Candidate(0, 2046, 16.187833786010742),
            new Candidate(0, 2028, 16.556461334228516)),
        new Expected(
            "AD",
            INT16,
            -14.0625f,
            32.953125f,
            6000,
            4419265.5,
            539,
            new Range(-14.0625f, 32.93016815185547f),
            0.0010049795964732766f,
            0,
            new Candidate(0, 2046, 0.0004410737310536206),
            new Candidate(0, 2028, 0.18115319311618805)),
        new Expected(
            "G",
            INT8,
            0f,
            7.988286972045898f,
            65520,
            16754411,
            2048,
            new Range(0f, 7.9609832763671875f),
            0.031219542026519775f,
            -128,
            new Candidate(0, 2046, 9.027321815490723),
            new Candidate(0, 2039, 8.999852180480957)),
        new Expected(
            "EG",
            INT8,
            -8f,
            8f,
            85520,
            95920824,
            1303,
            new Range(-8f, 7.9453125f),
            0.06253063678741455f,
            0,
            new Candidate(0, 2046, 37.25849914550781),
            new Candidate(0, 2039, 15.976274490356445)));
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void observe_goldenVectors_isTheReference(Expected expected) {
    ReferenceHistogramObserver observer = new ReferenceHistogramObserver();
    expected.batches().chars().forEach(name -> observer.observe(golden((char) name)));
    assertThat(observer.min()).isEqualTo(expected.min());
    assertThat(observer.max()).isEqualTo(expected.max());
    double total = 0;
    double checksum = 0;
    int occupied = 0;
    float[] histogram = observer.histogram();
    for (int i = 0; i < histogram.length; i++) {
      total += histogram[i];
      checksum += (double) i * histogram[i];
      occupied += histogram[i] != 0 ? 1 : 0;
    }
    assertThat(total).isEqualTo(expected.total());
    assertThat(checksum).isEqualTo(expected.checksum());
    assertThat(occupied).isEqualTo(expected.occupied());
    List<Candidate> candidates = new ArrayList<>();
    Range range =
        observer.range(
            expected.spec(),
            (start, end, error) -> candidates.add(new Candidate(start, end, error)));
    assertThat(range).isEqualTo(expected.range());
    assertThat(candidates.get(0)).isEqualTo(expected.first());
    assertThat(candidates.get(candidates.size() - 1)).isEqualTo(expected.last());
    QParams qparams = observer.qparams(expected.spec());
    assertThat(qparams.scale()).isEqualTo(expected.scale());
    assertThat(qparams.zeroPoint()).isEqualTo(expected.zeroPoint());
  }

  static Stream<JsonNode> randomBatches() {
    return StreamSupport.stream(ReferenceData.golden().get("histogram").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("randomBatches")
  void observe_randomBatches_isTheReference(JsonNode expected) {
    ReferenceHistogramObserver observer = new ReferenceHistogramObserver();
    expected.get("batches").forEach(batch -> observer.observe(ReferenceData.batch(batch)));
    assertThat(observer.min()).isEqualTo((float) expected.get("min").asDouble());
    assertThat(observer.max()).isEqualTo((float) expected.get("max").asDouble());
    assertThat(ReferenceData.crc(observer.histogram()))
        .isEqualTo(expected.get("histogram").asLong());
    Observed spec = ReferenceData.spec(expected.get("spec").asText());
    List<Candidate> candidates = new ArrayList<>();
    observer.range(spec, (start, end, error) -> candidates.add(new Candidate(start, end, error)));
    assertThat(candidates).hasSize(expected.get("candidates").asInt());
    assertThat(candidates.get(0)).isEqualTo(candidate(expected.get("first")));
    assertThat(candidates.get(candidates.size() - 1)).isEqualTo(candidate(expected.get("last")));
    QParams qparams = observer.qparams(spec);
    assertThat(qparams.scale()).isEqualTo((float) expected.get("scale").asDouble());
    assertThat(qparams.zeroPoint()).isEqualTo(expected.get("zero_point").asInt());
  }

  private static Candidate candidate(JsonNode json) {
    return new Candidate(json.get(0).asInt(), json.get(1).asInt(), json.get(2).asDouble());
  }

  @Test
  void observe_infinities_areLeftOut() {
    ReferenceHistogramObserver with = new ReferenceHistogramObserver();
    with.observe(new float[] {1, Float.NEGATIVE_INFINITY, 2, 3});
    with.observe(new float[] {Float.POSITIVE_INFINITY});
    ReferenceHistogramObserver without = new ReferenceHistogramObserver();
    without.observe(new float[] {1, 2, 3});
    without.observe(new float[0]);
    assertThat(with.histogram()).isEqualTo(without.histogram());
    assertThat(with.range(INT8)).isEqualTo(without.range(INT8));
  }

  @Test
  void observe_nan_isRefused() {
    assertThatThrownBy(() -> new ReferenceHistogramObserver().observe(new float[] {1, Float.NaN}))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("2 elements holds NaN");
  }

  @Test
  void qparams_nothingObserved_isRefused() {
    assertThatThrownBy(() -> new ReferenceHistogramObserver().qparams(INT8))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("No value was observed");
  }
}
