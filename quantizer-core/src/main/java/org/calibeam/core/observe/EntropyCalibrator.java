package org.calibeam.core.observe;

import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The clipping that loses the least information: TensorRT's KL calibration ("8-bit Inference with
 * TensorRT", GTC 2017), carried over from magnitudes to affine ranges.
 *
 * <p>For a bound {@code t} on the magnitude, {@code P} is the distribution over fine bins of the
 * values within {@code [max(min, -t), min(max, t)]}, what lies beyond added to the outermost bins;
 * {@code Q} is that of the values within alone, with the mass of each integer spread evenly over
 * its occupied bins. The bound with the least divergence of P from Q wins, the larger of equal
 * ones. Zeros are left out, since they are exact whatever the bound.
 *
 * <p>With 16 bits there are more integers than bins, so nothing but clipping costs information and
 * the whole range is covered.
 */
record EntropyCalibrator() implements Calibrator {
  /** Fine bins for each sign that occurs, as many as TensorRT has for magnitudes. */
  private static final int BINS = 2048;

  /** Every so many fine bins a bound is tried; the divergence hardly changes in between. */
  private static final int STRIDE = 4;

  /** Keeps Q positive where P is: TensorRT leaves a bin empty that only P has mass in. */
  private static final double LEAST_SHARE = 1e-12;

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    float bound = Math.max(-statistic.min(), statistic.max());
    if (statistic.min() == statistic.max() || statistic.histogram().isEmpty()) {
      return new Range(statistic.min(), statistic.max());
    }
    Search search = new Search(statistic, spec, bound);
    int best = BINS;
    double least = search.divergence(BINS);
    for (int t = BINS - STRIDE; t >= search.leastBound(); t -= STRIDE) {
      double divergence = search.divergence(t);
      if (divergence < least) {
        least = divergence;
        best = t;
      }
    }
    float chosen = (float) ((double) bound * best / BINS);
    return new Range(
        Math.max(Math.min(statistic.min(), 0), -chosen),
        Math.min(Math.max(statistic.max(), 0), chosen));
  }

  @Override
  public String name() {
    return "entropy";
  }

  /** Fine bins from -bound to bound with sums over all before each. */
  private static final class Search {
    private final QuantizationSpec.Observed spec;
    private final double[] mass;
    private final double[] massBefore;
    private final int[] occupiedBefore;
    private final double[] informationBefore;
    private final double width;
    private final float min;
    private final float max;

    Search(Statistic statistic, QuantizationSpec.Observed spec, float bound) {
      this.spec = spec;
      min = Math.min(statistic.min(), 0);
      max = Math.max(statistic.max(), 0);
      width = (double) bound / BINS;
      mass = Distribution.of(statistic).withoutZeros().resample(2 * BINS, -(double) bound, bound);
      massBefore = new double[mass.length + 1];
      occupiedBefore = new int[mass.length + 1];
      informationBefore = new double[mass.length + 1];
      for (int i = 0; i < mass.length; i++) {
        massBefore[i + 1] = massBefore[i] + mass[i];
        occupiedBefore[i + 1] = occupiedBefore[i] + (mass[i] > 0 ? 1 : 0);
        informationBefore[i + 1] = informationBefore[i] + information(mass[i]);
      }
    }

    private static double information(double m) {
      return m > 0 ? m * Math.log(m) : 0;
    }

    /** Below this many bins a sign has less of them than integers, and Q would be P. */
    int leastBound() {
      int integers = spec.quantMax() - spec.quantMin() + 1;
      boolean both = min < 0 && max > 0;
      return Math.min(BINS, both ? (integers + 1) / 2 : integers);
    }

    /** Divergence of P from Q for a bound of {@code t} fine bins. */
    double divergence(int t) {
      int from = min < 0 ? Math.max(BINS - t, firstBin(min)) : BINS;
      int to = max > 0 ? Math.min(BINS + t, lastBin(max) + 1) : BINS;
      double total = massBefore[mass.length];
      double inside = massBefore[to] - massBefore[from];
      if (inside <= 0) {
        return Double.POSITIVE_INFINITY;
      }
      double below = massBefore[from];
      double above = total - massBefore[to];
      QParams qparams =
          QParams.covering(
              spec,
              new float[] {(float) ((from - BINS) * width)},
              new float[] {(float) ((to - BINS) * width)});
      double scale = qparams.scale();
      // The sum over p log p, the outer bins with what was clipped.
      double sum = informationBefore[to] - informationBefore[from];
      sum += information(mass[from] + below) - information(mass[from]);
      sum += information(mass[to - 1] + above) - information(mass[to - 1]);
      sum = sum / total - Math.log(total);
      int bin = from;
      while (bin < to) {
        // All bins whose middle becomes the same integer as this one's.
        double level = Math.rint((bin - BINS + 0.5) * width / scale);
        int next = (int) Math.ceil((level + 0.5) * scale / width + BINS - 0.5);
        next = Math.min(to, Math.max(bin + 1, next));
        double cell = massBefore[next] - massBefore[bin];
        int occupied = occupiedBefore[next] - occupiedBefore[bin];
        double p = cell + (bin == from ? below : 0) + (next == to ? above : 0);
        if (p > 0) {
          double q = Math.max(LEAST_SHARE, cell / inside / Math.max(1, occupied));
          sum -= p / total * Math.log(q);
        }
        bin = next;
      }
      return sum;
    }

    private int firstBin(float value) {
      return Math.max(0, (int) Math.floor(value / width + BINS));
    }

    private int lastBin(float value) {
      return Math.min(mass.length - 1, (int) Math.floor(value / width + BINS));
    }
  }
}
