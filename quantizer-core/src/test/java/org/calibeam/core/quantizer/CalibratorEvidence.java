package org.calibeam.core.quantizer;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.Converter;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.Range;
import org.calibeam.core.observe.ReferenceHistogramObserver;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.TensorData;

/**
 * What each calibrator does to the activations and the outputs of whole models, against the
 * reference's sequential observer on the same values, as markdown: each argument is a folder with
 * model.pt2, calibration.npz, evaluation.npz and perhaps config.json. {@code deploy/calibrators}
 * runs it.
 */
final class CalibratorEvidence {
  private static final String REFERENCE = "reference";

  private static final List<Calibrator> CALIBRATORS =
      List.of(
          Calibrator.histogram(),
          Calibrator.mse(),
          Calibrator.minmax(),
          Calibrator.percentile(99.99),
          Calibrator.entropy());

  private final Program program;
  private final PreparedProgram prepared;
  private final List<List<TensorData>> calibration;
  private final List<List<TensorData>> evaluation;
  private final Map<ObserverId, Observed> specs = new TreeMap<>();
  private final Map<ObserverId, Statistic> statistics = new TreeMap<>();
  private final Map<ObserverId, ReferenceHistogramObserver> references = new TreeMap<>();
  private final Map<CodePath, Long> samples = new TreeMap<>();

  /** Of one activation: each calibrator's error by the reference's. */
  record Point(ObserverId id, double histogram, double mse) {}

  CalibratorEvidence(Path folder) throws IOException {
    program = Pt2Reader.read(folder.resolve("model.pt2"));
    Path config = folder.resolve("config.json");
    QuantizerConfiguration configuration =
        Files.exists(config)
            ? QuantizerConfiguration.parse(Files.readString(config), "config.json")
            : QuantizerConfiguration.DEFAULT;
    prepared = configuration.quantizer(VgfCompileSpec.DEFAULT).prepare(program);
    calibration = Npz.samples(folder.resolve("calibration.npz"));
    evaluation = Npz.samples(folder.resolve("evaluation.npz"));
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation
                  && activation.spec().observer() == ObserverKind.HISTOGRAM) {
                specs.put(id, activation.spec());
                references.put(id, new ReferenceHistogramObserver());
              }
            });
    observe();
  }

  public static void main(String[] args) throws Exception {
    System.out.println(
        "Activations: the squared error of the calibration samples' own values, by that of the"
            + " reference's observer. Outputs: SQNR on other samples.\n");
    System.out.println(
        "| model | calibrator | points | scale within 3 % | error, geometric mean | worst | above"
            + " 1.01 | output SQNR, dB |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    for (String folder : args) {
      new CalibratorEvidence(Path.of(folder)).print(Path.of(folder).getFileName().toString());
    }
  }

  private void observe() {
    Map<ObserverId, StatisticAccumulator> accumulators = new TreeMap<>();
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation) {
                accumulators.put(id, new StatisticAccumulator(activation.bins()));
              }
            });
    List<CodePath> taken = new ArrayList<>();
    ForwardListener listener =
        new ForwardListener() {
          @Override
          public void enter(CodePath path) {
            taken.add(path);
          }

          @Override
          public void observe(ObserverId id, ObservedTensor value) {
            if (accumulators.containsKey(id)) {
              accumulators.get(id).observe(value.floats(), value.min(), value.max());
            }
            if (references.containsKey(id)) {
              references.get(id).observe(value.floats());
            }
          }
        };
    try (GraphRunner runner = GraphRunner.load(prepared)) {
      for (List<TensorData> sample : calibration) {
        runner.run(sample, listener);
        accumulators.values().forEach(StatisticAccumulator::sampleDone);
        taken.stream().distinct().forEach(path -> samples.merge(path, 1L, Long::sum));
        taken.clear();
      }
    }
    accumulators.forEach((id, accumulator) -> statistics.put(id, accumulator.snapshot()));
  }

  /** Qparams of the activations by calibrator, the reference's first. */
  private Map<String, Map<ObserverId, QParams>> chosen() {
    Map<String, Map<ObserverId, QParams>> all = new LinkedHashMap<>();
    Map<ObserverId, QParams> reference = new TreeMap<>();
    specs.forEach((id, spec) -> reference.put(id, references.get(id).qparams(spec)));
    all.put(REFERENCE, reference);
    for (Calibrator calibrator : CALIBRATORS) {
      Map<ObserverId, QParams> qparams = new TreeMap<>();
      specs.forEach((id, spec) -> qparams.put(id, calibrator.qparams(statistics.get(id), spec)));
      all.put(calibrator.name(), qparams);
    }
    return all;
  }

  /** Sum of squared errors of the calibration samples' values, as {@link #chosen} is ordered. */
  private Map<ObserverId, double[]> errors(List<Map<ObserverId, QParams>> qparams) {
    Map<ObserverId, double[]> errors = new TreeMap<>();
    ForwardListener listener =
        new ForwardListener() {
          @Override
          public void observe(ObserverId id, ObservedTensor value) {
            if (specs.containsKey(id)) {
              double[] sums = errors.computeIfAbsent(id, i -> new double[qparams.size()]);
              FloatBuffer values = value.floats();
              for (int c = 0; c < sums.length; c++) {
                sums[c] += squared(values, qparams.get(c).get(id));
              }
            }
          }
        };
    try (GraphRunner runner = GraphRunner.load(prepared)) {
      calibration.forEach(sample -> runner.run(sample, listener));
    }
    return errors;
  }

  private static double squared(FloatBuffer values, QParams qparams) {
    double sum = 0;
    float inverse = (float) (1.0 / qparams.scale());
    float scale = qparams.scale();
    float least = qparams.quantMin() - qparams.zeroPoint();
    float greatest = qparams.quantMax() - qparams.zeroPoint();
    for (int i = values.position(); i < values.limit(); i++) {
      float value = values.get(i);
      double level = Math.max(least, Math.min(greatest, Math.rint(value * inverse)));
      double difference = value - level * scale;
      sum += Double.isFinite(difference) ? difference * difference : 0;
    }
    return sum;
  }

  /** What the two calibrators that are held to bounds do to each activation. */
  List<Point> points() {
    Map<String, Map<ObserverId, QParams>> chosen = chosen();
    Map<ObserverId, double[]> errors =
        errors(
            List.of(
                chosen.get(REFERENCE),
                chosen.get(Calibrator.histogram().name()),
                chosen.get(Calibrator.mse().name())));
    List<Point> points = new ArrayList<>();
    errors.forEach(
        (id, sums) -> points.add(new Point(id, ratio(sums[1], sums[0]), ratio(sums[2], sums[0]))));
    return points;
  }

  private void print(String name) {
    Map<String, Map<ObserverId, QParams>> chosen = chosen();
    Map<ObserverId, double[]> errors = errors(List.copyOf(chosen.values()));
    int c = 0;
    for (Map.Entry<String, Map<ObserverId, QParams>> entry : chosen.entrySet()) {
      int close = 0;
      int above = 0;
      double logs = 0;
      double worst = 0;
      for (ObserverId id : specs.keySet()) {
        QParams reference = chosen.get(REFERENCE).get(id);
        double ratio = ratio(errors.get(id)[c], errors.get(id)[0]);
        close += Math.abs(entry.getValue().get(id).scale() / reference.scale() - 1) <= 0.03 ? 1 : 0;
        above += ratio > 1.01 ? 1 : 0;
        logs += Math.log(Math.max(ratio, 1e-3));
        worst = Math.max(worst, ratio);
      }
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %d | %.1f %% | %.4f | %.4f | %d | %.2f |%n",
          name,
          entry.getKey(),
          specs.size(),
          100.0 * close / specs.size(),
          Math.exp(logs / specs.size()),
          worst,
          above,
          sqnr(entry.getKey()));
      c++;
    }
  }

  /** Where both lose nothing they are equal. */
  private static double ratio(double error, double reference) {
    return error == reference ? 1 : error / Math.max(reference, Double.MIN_NORMAL);
  }

  private double sqnr(String calibrator) {
    Map<ObserverId, Statistic> seen = new TreeMap<>(statistics);
    Calibrator chooser;
    if (calibrator.equals(REFERENCE)) {
      // A statistic of the two ends of a range has this range by minmax.
      chooser = Calibrator.minmax();
      specs.forEach(
          (id, spec) -> {
            Range range = references.get(id).range(spec);
            StatisticAccumulator ends = new StatisticAccumulator();
            ends.observe(FloatBuffer.wrap(new float[] {range.min(), range.max()}));
            ends.sampleDone();
            seen.put(id, ends.snapshot());
          });
    } else {
      chooser = Calibrator.named(calibrator);
    }
    Program quantized =
        Converter.convert(prepared, seen, samples, ConvertOptions.DEFAULT.withCalibrator(chooser))
            .program();
    return QuantizeCase.sqnr(program, quantized, evaluation);
  }
}
