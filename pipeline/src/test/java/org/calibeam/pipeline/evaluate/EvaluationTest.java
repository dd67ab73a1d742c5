package org.calibeam.pipeline.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.testing.CombineFnTester;
import org.assertj.core.data.Offset;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTest {
  private static final int CLASSES = 12;
  private static final int SAMPLES = 50;

  /** What is computed here adds doubles one by one, which rounds each time. */
  private static final Offset<Double> ROUNDING = within(1e-9);

  /** What two models give for one sample. */
  private record Pair(float[] expected, float[] actual, int label, boolean flipped) {
    OutputComparison compare() {
      return OutputComparison.of(
          List.of(TensorData.ofFloats(expected, 1, CLASSES)),
          List.of(TensorData.ofFloats(actual, 1, CLASSES)),
          OptionalLong.of(label),
          flipped);
    }

    Comparison comparison() {
      TreeMap<Group, Tally> groups = new TreeMap<>();
      for (int output : new int[] {Group.ALL, 0}) {
        Tally.Adding adding = new Tally.Adding();
        compare().addTo(adding, output);
        groups.put(new Group(CodePath.MAIN, output), adding.get());
      }
      return Comparison.merge(
          Comparison.expecting("samples.npz", 1),
          new Comparison(new TreeMap<>(), List.of("logits"), groups, new TreeMap<>(), List.of()));
    }
  }

  private static List<Pair> pairs(long seed) {
    Random random = new Random(seed);
    List<Pair> pairs = new ArrayList<>();
    for (int s = 0; s < SAMPLES; s++) {
      float[] expected = new float[CLASSES];
      float[] actual = new float[CLASSES];
      double size = Math.exp(3 * random.nextGaussian());
      for (int i = 0; i < CLASSES; i++) {
        expected[i] = (float) (size * random.nextGaussian());
        actual[i] = expected[i] + (float) (size * random.nextGaussian() * 0.4);
      }
      pairs.add(new Pair(expected, actual, random.nextInt(CLASSES), random.nextInt(10) == 0));
    }
    return pairs;
  }

  private static OutputFigures figures(List<Pair> pairs) {
    Comparison all =
        pairs.stream().map(Pair::comparison).reduce(Comparison.EMPTY, Comparison::merge);
    return Evaluation.of(all, 0).main().all();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void figures_anySamples_areThoseOfTheDefinitions(long seed) {
    List<Pair> pairs = pairs(seed);
    double signal = 0;
    double noise = 0;
    double cosine = 0;
    double absolute = 0;
    int agreed = 0;
    int top5 = 0;
    int floatRight = 0;
    int quantizedRight = 0;
    for (Pair pair : pairs) {
      double dot = 0;
      double e2 = 0;
      double a2 = 0;
      double sum = 0;
      for (int i = 0; i < CLASSES; i++) {
        double e = pair.expected[i];
        double a = pair.actual[i];
        dot += e * a;
        e2 += e * e;
        a2 += a * a;
        noise += (e - a) * (e - a);
        sum += Math.abs(e - a);
      }
      signal += e2;
      cosine += dot / Math.sqrt(e2 * a2) / SAMPLES;
      absolute += sum / CLASSES / SAMPLES;
      List<Integer> wanted = order(pair.expected);
      List<Integer> given = order(pair.actual);
      agreed += wanted.get(0).equals(given.get(0)) ? 1 : 0;
      top5 += given.subList(0, 5).contains(wanted.get(0)) ? 1 : 0;
      floatRight += wanted.get(0) == pair.label ? 1 : 0;
      quantizedRight += given.get(0) == pair.label ? 1 : 0;
    }

    OutputFigures figures = figures(pairs);

    assertThat(value(figures.sqnrDb())).isCloseTo(10 * Math.log10(signal / noise), ROUNDING);
    assertThat(value(figures.cosine())).isCloseTo(cosine, ROUNDING);
    assertThat(value(figures.meanAbsoluteError())).isCloseTo(absolute, within(absolute * 1e-12));
    assertThat(value(figures.top1Agreement())).isEqualTo((double) agreed / SAMPLES);
    assertThat(value(figures.top5Agreement())).isEqualTo((double) top5 / SAMPLES);
    OutputFigures.Accuracy accuracy = figures.accuracy().orElseThrow();
    assertThat(accuracy.floating().value()).isEqualTo((double) floatRight / SAMPLES);
    assertThat(accuracy.quantized().value()).isEqualTo((double) quantizedRight / SAMPLES);
    assertThat(value(accuracy.change()))
        .isCloseTo((double) (quantizedRight - floatRight) / SAMPLES, ROUNDING);
  }

  @Test
  void interval_ofSqnr_isTheLinearizedStandardError() {
    List<Pair> pairs = pairs(9);
    double[] s = new double[SAMPLES];
    double[] n = new double[SAMPLES];
    double signal = 0;
    double noise = 0;
    for (int k = 0; k < SAMPLES; k++) {
      for (int i = 0; i < CLASSES; i++) {
        double e = pairs.get(k).expected[i];
        double d = e - pairs.get(k).actual[i];
        s[k] += e * e;
        n[k] += d * d;
      }
      signal += s[k] / SAMPLES;
      noise += n[k] / SAMPLES;
    }
    double squares = 0;
    for (int k = 0; k < SAMPLES; k++) {
      squares += Math.pow(n[k] / noise - s[k] / signal, 2);
    }
    double half =
        1.959963984540054 * 10 / Math.log(10) * Math.sqrt(squares / SAMPLES / (SAMPLES - 1));

    Estimate sqnr = figures(pairs).sqnrDb().orElseThrow();

    assertThat(sqnr.high() - sqnr.value()).isCloseTo(half, ROUNDING);
    assertThat(sqnr.value() - sqnr.low()).isCloseTo(half, ROUNDING);
  }

  @Test
  void share_knownCases_hasWilsonsInterval() {
    // R: prop.test(8, 10, correct = FALSE) and prop.test(0, 20, correct = FALSE).
    Estimate some = Estimate.share(8, 10);
    Estimate none = Estimate.share(0, 20);

    assertThat(some.low()).isCloseTo(0.4901625, within(1e-7));
    assertThat(some.high()).isCloseTo(0.9433178, within(1e-7));
    assertThat(none.low()).isZero();
    assertThat(none.high()).isCloseTo(0.1611252, within(1e-7));
  }

  @Test
  void figures_flippedSamples_areLeftOutOfTheSecondSqnr() {
    List<Pair> pairs = pairs(4);
    List<Pair> kept = pairs.stream().filter(p -> !p.flipped).toList();

    OutputFigures all = figures(pairs);

    assertThat(kept).hasSizeLessThan(SAMPLES);
    assertThat(all.sqnrDbUnflipped()).isEqualTo(figures(kept).sqnrDb());
    assertThat(all.sqnrDbUnflipped()).isNotEqualTo(all.sqnrDb());
  }

  @Test
  void merge_anySplitAndOrder_isExact() {
    List<Comparison> list = pairs(5).stream().map(Pair::comparison).toList().subList(0, 12);
    Comparison expected = list.stream().reduce(Comparison.EMPTY, Comparison::merge);

    CombineFnTester.testCombineFn(new MergeComparisons(), new ArrayList<>(list), expected);
  }

  @Test
  void coder_anyComparison_isDeterministicAndReversible() throws Exception {
    Comparison comparison = pairs(6).get(0).comparison();

    CoderProperties.coderDecodeEncodeEqual(ComparisonCoder.of(), comparison);
    CoderProperties.coderDecodeEncodeEqual(ComparisonCoder.of(), Comparison.EMPTY);
    CoderProperties.coderDeterministic(
        ComparisonCoder.of(), comparison, pairs(6).get(0).comparison());
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {0, -0.0, 1, -2.5, 1e300, Double.MIN_VALUE, -3 * Double.MIN_VALUE, 0.1, 1e-310})
  void exactSum_anyDouble_isKeptWhole(double value) {
    assertThat(ExactSum.ZERO.plus(value).value().doubleValue()).isEqualTo(value + 0.0);
    assertThat(ExactSum.ZERO.plus(value).plus(1e17).plus(-1e17).plus(-value).isZero()).isTrue();
    assertThat(new ExactSum(ExactSum.units(value, 3)).value().doubleValue())
        .isCloseTo(value * 3, within(Math.ulp(value * 3)));
  }

  @Test
  void figures_infinityAndNan_areCountedAndLeftOut() {
    float inf = Float.POSITIVE_INFINITY;
    OutputComparison comparison =
        OutputComparison.of(
            List.of(TensorData.ofFloats(new float[] {-inf, 3, 4, Float.NaN, 1}, 5)),
            List.of(TensorData.ofFloats(new float[] {-inf, 3, 4.5f, Float.NaN, inf}, 5)),
            OptionalLong.empty(),
            false);
    Tally.Adding adding = new Tally.Adding();
    comparison.addTo(adding, 0);
    OutputFigures figures = OutputFigures.of(adding.get());

    assertThat(value(figures.sqnrDb())).isCloseTo(20, ROUNDING);
    assertThat(figures.tally().count(Tally.Count.NON_FINITE)).isEqualTo(3);
    assertThat(figures.tally().count(Tally.Count.NON_FINITE_DIFFERING)).isEqualTo(1);
  }

  @Test
  void figures_segmentation_countEachSampleOnce() {
    float[] expected = {1, 1, 0, 0, 0, 0, 1, 1}; // [1, 2 classes, 4 pixels]
    float[] actual = {1, 0, 0, 0, 0, 1, 1, 1};
    Tally.Adding adding = new Tally.Adding();
    for (int i = 0; i < 3; i++) {
      OutputComparison.of(
              List.of(TensorData.ofFloats(expected, 1, 2, 4)),
              List.of(TensorData.ofFloats(i == 0 ? actual : expected, 1, 2, 4)),
              OptionalLong.of(1),
              false)
          .addTo(adding, 0);
    }
    OutputFigures figures = OutputFigures.of(adding.get());

    Estimate agreement = figures.top1Agreement().orElseThrow();
    assertThat(agreement.value()).isCloseTo(11.0 / 12, ROUNDING);
    assertThat(agreement.method()).isEqualTo(Estimate.Method.NORMAL);
    assertThat(figures.top5Agreement()).isEmpty();
    assertThat(figures.accuracy()).isEmpty();
  }

  @Test
  void figures_wholeNumbersAndNoNoise_sayWhatApplies() {
    Tally.Adding adding = new Tally.Adding();
    TensorData classes = TensorData.ofLongs(DType.INT64, new long[] {1, 2, 3, 4}, 4);
    TensorData others = TensorData.ofLongs(DType.INT64, new long[] {1, 2, 3, 5}, 4);
    OutputComparison.of(List.of(classes), List.of(others), OptionalLong.empty(), false)
        .addTo(adding, 0);
    OutputFigures figures = OutputFigures.of(adding.get());
    Pair same = new Pair(new float[CLASSES], new float[CLASSES], 0, false);
    same.expected[3] = 1;
    same.actual[3] = 1;

    assertThat(value(figures.equal())).isEqualTo(0.75);
    assertThat(figures.sqnrDb()).isEmpty();
    assertThat(figures.top1Agreement()).isEmpty();
    assertThat(value(figures(List.of(same)).sqnrDb())).isInfinite();
  }

  @Test
  void of_modelsWithOtherOutputs_isAnError() {
    assertThatThrownBy(
            () ->
                OutputComparison.of(
                    List.of(TensorData.ofFloats(new float[2], 2)),
                    List.of(TensorData.ofFloats(new float[2], 1, 2)),
                    OptionalLong.empty(),
                    false))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("output 0");
    assertThatThrownBy(
            () -> new Pair(new float[CLASSES], new float[CLASSES], CLASSES, false).compare())
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("label is 12");
  }

  @Test
  void of_samplesThatAreMissing_isAnError() {
    Comparison announced = Comparison.expecting("a.npz", 2);
    Comparison seen = pairs(1).get(0).comparison();

    assertThatThrownBy(() -> Evaluation.of(announced, 0))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("No samples");
    assertThatThrownBy(() -> Evaluation.of(Comparison.merge(announced, seen), 0))
        .isInstanceOf(SamplesException.class)
        .hasMessageContaining("announced 3, 1 were run");
  }

  private static double value(Optional<Estimate> estimate) {
    return estimate.orElseThrow().value();
  }

  /** Classes from the largest down. */
  private static List<Integer> order(float[] values) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      order.add(i);
    }
    order.sort((a, b) -> Float.compare(values[b], values[a]));
    return order;
  }
}
