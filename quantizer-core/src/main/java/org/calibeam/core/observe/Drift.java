package org.calibeam.core.observe;

/** How far apart the distributions of two statistics of one observer are. */
public final class Drift {
  private Drift() {}

  /**
   * The Jensen–Shannon distance: the square root of the Jensen–Shannon divergence to base 2. It is
   * a metric, 0 for equal distributions and 1 for those that share no bin.
   *
   * <p>Compared are the shares of all elements: of each bin at the wider of the two widths, of the
   * zeros, of NaN and of either infinity. The number of elements does not matter.
   *
   * @throws IllegalArgumentException if the numbers of bins differ
   * @throws SamplesException if one of the two has seen nothing
   */
  public static double jensenShannon(Statistic a, Statistic b) {
    if (a.bins() != b.bins()) {
      throw new IllegalArgumentException(
          "Cannot compare a statistic of %d bins with one of %d bins"
              .formatted(a.bins(), b.bins()));
    }
    if (a.isEmpty() || b.isEmpty()) {
      throw new SamplesException("A statistic that has seen nothing cannot be compared");
    }
    int exponent = Integer.MIN_VALUE;
    for (Statistic s : new Statistic[] {a, b}) {
      exponent = s.histogram().isEmpty() ? exponent : Math.max(exponent, s.histogram().exponent());
    }
    long[] countsA = countsOf(a, exponent);
    long[] countsB = countsOf(b, exponent);
    double divergence = 0;
    for (int i = 0; i < countsA.length; i++) {
      double p = countsA[i] / (double) a.elements();
      double q = countsB[i] / (double) b.elements();
      divergence += (term(p, (p + q) / 2) + term(q, (p + q) / 2)) / 2;
    }
    return Math.sqrt(Math.max(0, Math.min(1, divergence / Math.log(2))));
  }

  private static long[] countsOf(Statistic statistic, int exponent) {
    long[] counts = new long[statistic.bins() + 4];
    if (!statistic.histogram().isEmpty()) {
      long[] bins = new long[statistic.bins()];
      statistic.histogram().addTo(bins, exponent);
      System.arraycopy(bins, 0, counts, 0, bins.length);
    }
    Counts kinds = statistic.counts();
    int at = statistic.bins();
    counts[at] = kinds.zeros();
    counts[at + 1] = kinds.nans();
    counts[at + 2] = kinds.positiveInfinities();
    counts[at + 3] = kinds.negativeInfinities();
    return counts;
  }

  private static double term(double p, double middle) {
    return p == 0 ? 0 : p * Math.log(p / middle);
  }
}
