package org.calibeam.core.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.VgfCompileSpec;
import org.junit.jupiter.api.Test;

class CalibratorChoiceTest {
  private static final PreparedProgram DIGITS =
      QuantizerConfiguration.DEFAULT
          .quantizer(VgfCompileSpec.DEFAULT)
          .prepare(Pt2Reader.read(Fixtures.file("early_exit_digits").resolve("model.pt2")));

  private static final Map<ObserverId, Statistic> STATISTICS = statistics();
  private static final Map<CodePath, Long> SAMPLES = samples();

  /** Heavy tails, on which every calibrator chooses another range. */
  private static Map<ObserverId, Statistic> statistics() {
    Map<ObserverId, Statistic> all = new TreeMap<>();
    Random random = new Random(5);
    DIGITS
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation) {
                float[] values = new float[4000];
                for (int i = 0; i < values.length; i++) {
                  double z = random.nextGaussian();
                  values[i] = (float) (z * z * z);
                }
                StatisticAccumulator accumulator = new StatisticAccumulator(activation.bins());
                accumulator.observe(FloatBuffer.wrap(values));
                accumulator.sampleDone();
                all.put(id, accumulator.snapshot());
              }
            });
    return all;
  }

  private static Map<CodePath, Long> samples() {
    Map<CodePath, Long> samples = new TreeMap<>();
    DIGITS.program().graphs().keySet().forEach(path -> samples.put(path, 1L));
    return samples;
  }

  private static Map<ObserverId, QParams> qparams(CalibratorChoice... choices) {
    return Converter.convert(
            DIGITS,
            STATISTICS,
            SAMPLES,
            ConvertOptions.DEFAULT
                .withCalibrator(Calibrator.minmax())
                .withChoices(List.of(choices)))
        .qparams();
  }

  private static CalibratorChoice named(String node, Calibrator calibrator) {
    return new CalibratorChoice(new NodeFinder.NodeName(Set.of(node)), calibrator);
  }

  /** The observers of activations whose qparams {@code choices} change. */
  private static Set<String> changedBy(CalibratorChoice... choices) {
    Map<ObserverId, QParams> plain = qparams();
    Map<ObserverId, QParams> chosen = qparams(choices);
    Set<String> changed = new TreeSet<>();
    for (ObserverId id : STATISTICS.keySet()) {
      if (!plain.get(id).equals(chosen.get(id))) {
        changed.add(id.toString());
      }
    }
    return changed;
  }

  @Test
  void convert_nodeName_changesThatTensor() {
    for (ObserverId id : STATISTICS.keySet()) {
      assertThat(changedBy(named(id.name(), Calibrator.mse())))
          .as(id.toString())
          .contains(id.toString())
          .hasSizeLessThan(STATISTICS.size() / 2);
    }
  }

  @Test
  void convert_moduleName_changesWhatItComputes() {
    assertThat(
            changedBy(
                new CalibratorChoice(new NodeFinder.ModuleName("stem"), Calibrator.percentile(99))))
        .contains("main:relu")
        .as("and where a branch reads it")
        .contains("main/false_graph_0:relu")
        .hasSize(2);
  }

  @Test
  void convert_codePath_changesThatBranchAndWhatItSharesWithOthers() {
    CodePath branch = new CodePath("main/true_graph_0");
    Set<String> changed =
        changedBy(new CalibratorChoice(new NodeFinder.InCodePath(branch), Calibrator.entropy()));

    SortedSet<String> shared = new TreeSet<>();
    SharedAcrossPaths.of(DIGITS).keySet().forEach(id -> shared.add(id.toString()));
    assertThat(changed)
        .anyMatch(id -> id.startsWith(branch.text()))
        .allMatch(id -> id.startsWith(branch.text()) || shared.contains(id));
  }

  @Test
  void convert_choicesForBothSidesOfABranch_thatOfTheSideWhoseStatisticsCountWins() {
    ObserverId inside = id("main/false_graph_0", "add");
    List<ObserverId> counted = SharedAcrossPaths.of(DIGITS).get(inside);
    assertThat(counted).isNotNull().doesNotContain(inside);
    CalibratorChoice forInside =
        new CalibratorChoice(
            new NodeFinder.InCodePath(inside.codePath()), Calibrator.percentile(90));
    CalibratorChoice forCounted = named(counted.get(0).name(), Calibrator.mse());

    assertThat(qparams(forCounted, forInside).get(inside))
        .isEqualTo(qparams(forCounted).get(inside))
        .isNotEqualTo(qparams(forInside).get(inside));
  }

  private static ObserverId id(String path, String name) {
    return new ObserverId(new CodePath(path), name);
  }

  @Test
  void convert_severalChoices_laterWinsAndGlobalIsAskedLast() {
    ObserverId id = STATISTICS.keySet().iterator().next();
    CalibratorChoice mse = named(id.name(), Calibrator.mse());
    CalibratorChoice percentile = named(id.name(), Calibrator.percentile(90));
    CalibratorChoice global = new CalibratorChoice(new NodeFinder.Global(), Calibrator.entropy());

    assertThat(qparams(mse, percentile).get(id)).isEqualTo(qparams(percentile).get(id));
    assertThat(qparams(percentile, mse, global).get(id)).isEqualTo(qparams(mse).get(id));
    assertThat(changedBy(global)).hasSize(STATISTICS.size());
    assertThat(CalibratorChoice.global(List.of(mse, global))).contains(Calibrator.entropy());
    assertThat(CalibratorChoice.global(List.of(mse))).isEmpty();
  }

  @Test
  void requireFound_misspelt_isRefusedWithWhatIsObserved() {
    ObserverId id = STATISTICS.keySet().iterator().next();
    named(id.name(), Calibrator.mse()).requireFound(DIGITS);
    assertThatThrownBy(() -> named("conv99", Calibrator.mse()).requireFound(DIGITS))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("conv99")
        .hasMessageContaining(id.name());
  }
}
