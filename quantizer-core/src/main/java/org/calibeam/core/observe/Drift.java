package org.calibeam.core.observe;

import java.util.Arrays;

/** How far apart the distributions of two statistics of one observer are. */
public final class Drift {
  /** Classes of the values that are neither zero nor infinite. */
  private static final int MOST_CLASSES = 32;

  private static final double VALUES_PER_CLASS = 10;

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
    long[] bins = Histogram.room(statistic.bins());
    if (!statistic.histogram().isEmpty()) {
      statistic.histogram().addTo(bins, exponent);
    }
    int at = bins.length;
    long[] counts = Arrays.copyOf(bins, at + 4);
    Counts kinds = statistic.counts();
    counts[at] = kinds.zeros();
    counts[at + 1] = kinds.nans();
    counts[at + 2] = kinds.positiveInfinities();
    counts[at + 3] = kinds.negativeInfinities();
    return counts;
  }

  /**
   * The Jensen–Shannon distance over few classes instead of all bins, for statistics of few
   * elements, where chance fills the bins: classes hold about the same share of the {@code earlier}
   * values each, so that one outlier does not put all others into one class. Zeros and infinities
   * are classes of their own, NaN counts nowhere. There are fewer classes where values are few, so
   * that chance alone keeps two halves of the same data below about 0.15.
   *
   * @return 0 if either has no value
   */
  public static double jensenShannonInClasses(Statistic earlier, Statistic later) {
    if (values(earlier) == 0 || values(later) == 0) {
      return 0;
    }
    double[] edges = edges(earlier, later);
    double[] p = shares(earlier, edges);
    double[] q = shares(later, edges);
    double divergence = 0;
    for (int i = 0; i < p.length; i++) {
      double middle = (p[i] + q[i]) / 2;
      divergence += (term(p[i], middle) + term(q[i], middle)) / 2;
    }
    return Math.sqrt(Math.max(0, Math.min(1, divergence / Math.log(2))));
  }

  private static long values(Statistic statistic) {
    return Math.addExact(statistic.counts().finite(), statistic.counts().infinities());
  }

  /** Where one class ends and the next begins, ascending. */
  private static double[] edges(Statistic earlier, Statistic later) {
    long known = earlier.counts().nonZeros();
    if (known == 0) {
      return new double[] {0};
    }
    double least = Math.min(known, values(later));
    int classes = (int) Math.max(2, Math.min(MOST_CLASSES, least / VALUES_PER_CLASS));
    Distribution distribution = Distribution.ofBins(earlier).withoutZeros();
    double[] edges = new double[classes]; // the first one, zero, parts the signs
    for (int i = 1; i < classes; i++) {
      edges[i] = distribution.quantile((double) i / classes);
    }
    return Arrays.stream(edges).sorted().distinct().toArray();
  }

  /** Shares of -inf, zero, +inf and the values below, between and above the edges. */
  private static double[] shares(Statistic statistic, double[] edges) {
    Counts counts = statistic.counts();
    double[] shares = new double[edges.length + 4];
    shares[0] = counts.negativeInfinities();
    shares[1] = counts.zeros();
    shares[2] = counts.positiveInfinities();
    if (counts.nonZeros() > 0) {
      Distribution distribution = Distribution.ofBins(statistic).withoutZeros();
      double below = 0;
      for (int i = 0; i < edges.length; i++) {
        double upTo = distribution.below(edges[i]);
        shares[3 + i] = upTo - below;
        below = upTo;
      }
      shares[3 + edges.length] = Math.max(0, distribution.total() - below);
    }
    double all = Arrays.stream(shares).sum();
    return Arrays.stream(shares).map(share -> share / all).toArray();
  }

  private static double term(double p, double middle) {
    return p == 0 ? 0 : p * Math.log(p / middle);
  }
}
