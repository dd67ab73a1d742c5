package org.calibeam.core.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec.Observed;

/**
 * The quantization error that each calibrator leaves, against the reference's observer on the same
 * batches, as a markdown table. To print it, from the top directory:
 *
 * <pre>
 * mvn -q -pl quantizer-core test-compile dependency:build-classpath \
 *     -Dmdep.outputFile=target/classpath.txt -Dmdep.includeScope=test
 * cd quantizer-core
 * java -cp target/test-classes:target/classes:$(cat target/classpath.txt) \
 *     org.calibeam.core.observe.CalibratorTable
 * </pre>
 */
final class CalibratorTable {
  static final List<String> DISTRIBUTIONS =
      List.of("gauss", "relu", "laplace", "student-t3", "silu", "lognormal", "gauss+outliers");

  static final List<Calibrator> CALIBRATORS =
      List.of(
          Calibrator.histogram(),
          Calibrator.mse(),
          Calibrator.minmax(),
          Calibrator.percentile(99.99),
          Calibrator.entropy());

  private static final int BATCHES = 10;

  private CalibratorTable() {}

  /**
   * What one calibrator does on one set of batches.
   *
   * @param error mean squared error of the very values
   * @param scaleRatio its scale by the reference's
   * @param errorRatio its error by the reference's
   */
  record Cell(double error, double scaleRatio, double errorRatio) {}

  /** One set of batches, with a cell for each of {@link #CALIBRATORS}. */
  record Row(String distribution, double referenceError, List<Cell> cells) {}

  /** Batches of growing spread, as the layers of a network see over a data set. */
  static List<float[]> batches(String distribution, long seed, int elements) {
    Random random = new Random(seed);
    List<float[]> batches = new ArrayList<>();
    for (int b = 0; b < BATCHES; b++) {
      double spread = 1 + 0.05 * b + 0.1 * random.nextDouble();
      float[] values = new float[elements];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (spread * draw(distribution, random));
      }
      batches.add(values);
    }
    return batches;
  }

  private static double draw(String distribution, Random random) {
    double z = random.nextGaussian();
    return switch (distribution) {
      case "gauss" -> z;
      case "relu" -> Math.max(0, z);
      case "laplace" ->
          (random.nextBoolean() ? 1 : -1) * -Math.log(1 - random.nextDouble()) * Math.sqrt(0.5);
      case "student-t3" -> {
        double chi = 0;
        for (int i = 0; i < 3; i++) {
          double g = random.nextGaussian();
          chi += g * g;
        }
        yield z / Math.sqrt(chi / 3);
      }
      case "silu" -> 2 * z / (1 + Math.exp(-2 * z));
      case "lognormal" -> Math.exp(z);
      case "gauss+outliers" -> random.nextInt(10_000) == 0 ? 20 * z : z;
      default -> throw new IllegalArgumentException(distribution);
    };
  }

  static Row row(String distribution, long seed, int elements, Observed spec, int bins) {
    List<float[]> batches = batches(distribution, seed, elements);
    ReferenceHistogramObserver reference = new ReferenceHistogramObserver();
    batches.forEach(reference::observe);
    Statistic statistic = StatisticTest.of(bins, batches.toArray(new float[0][]));
    QParams referenceQParams = reference.qparams(spec);
    double referenceError = error(batches, referenceQParams);
    List<Cell> cells = new ArrayList<>();
    for (Calibrator calibrator : CALIBRATORS) {
      QParams qparams = calibrator.qparams(statistic, spec);
      double error = error(batches, qparams);
      cells.add(
          new Cell(
              error, qparams.scale() / (double) referenceQParams.scale(), error / referenceError));
    }
    return new Row(distribution, referenceError, cells);
  }

  /** Mean squared error of the values themselves, in the reference's arithmetic. */
  static double error(List<float[]> batches, QParams qparams) {
    double sum = 0;
    long n = 0;
    float inverse = (float) (1.0 / qparams.scale());
    for (float[] values : batches) {
      for (float value : values) {
        double level = Math.rint(value * inverse) + qparams.zeroPoint();
        level = Math.max(qparams.quantMin(), Math.min(qparams.quantMax(), level));
        double difference = value - (level - qparams.zeroPoint()) * qparams.scale();
        sum += difference * difference;
      }
      n += values.length;
    }
    return sum / n;
  }

  static String markdown(Observed spec, int bins, int elements) {
    StringBuilder text = new StringBuilder("| " + spec.dtype() + " | reference |");
    CALIBRATORS.forEach(c -> text.append(' ').append(c.name()).append(" |"));
    text.append("\n|---|---|").append("---|".repeat(CALIBRATORS.size())).append('\n');
    for (String distribution : DISTRIBUTIONS) {
      Row row = row(distribution, 1, elements, spec, bins);
      text.append(String.format(Locale.ROOT, "| %s | %.4g |", distribution, row.referenceError()));
      for (Cell cell : row.cells()) {
        text.append(
            String.format(
                Locale.ROOT,
                " %.4g (%+.2f %%, scale %+.2f %%) |",
                cell.error(),
                100 * (cell.errorRatio() - 1),
                100 * (cell.scaleRatio() - 1)));
      }
      text.append('\n');
    }
    return text.toString();
  }

  public static void main(String[] args) {
    System.out.println(
        "Mean squared error after calibrating with 10 batches of 40,000 values; in brackets error"
            + " and scale against the reference's observer.\n");
    System.out.println(markdown(CalibratorTest.INT8, Histogram.DEFAULT_BINS, 40_000));
    System.out.println(markdown(CalibratorTest.INT16, Histogram.INT16_BINS, 40_000));
  }
}
