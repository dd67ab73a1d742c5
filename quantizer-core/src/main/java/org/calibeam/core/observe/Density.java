package org.calibeam.core.observe;

/**
 * A statistic read as a distribution: the values of each bin spread evenly over it, the outer bins
 * cut to the true least and greatest value, the zeros at zero.
 */
final class Density {
  private final Statistic statistic;

  /** A density over at least one finite value. */
  Density(Statistic statistic) {
    this.statistic = statistic;
  }

  /** Number of pieces, each of even density. */
  int pieces() {
    return statistic.histogram().occupied();
  }

  /** Lower end of piece {@code i}. */
  double low(int i) {
    return Math.max(statistic.histogram().low(i), statistic.min());
  }

  /** Upper end of piece {@code i}; equal to the lower one if all its values are the same. */
  double high(int i) {
    return Math.min(statistic.histogram().high(i), statistic.max());
  }

  /** Number of values in piece {@code i}. */
  long count(int i) {
    return statistic.histogram().count(i);
  }

  /** How much falls into each of {@code n} equal bins from the least to the greatest value. */
  double[] resample(int n) {
    double[] mass = new double[n];
    double min = statistic.min();
    double scale = n / (statistic.max() - min);
    add(mass, (0 - min) * scale, (0 - min) * scale, statistic.counts().zeros());
    for (int i = 0; i < pieces(); i++) {
      add(mass, (low(i) - min) * scale, (high(i) - min) * scale, count(i));
    }
    return mass;
  }

  /** Spreads {@code count} values over positions from {@code low} to {@code high}, in bins. */
  private static void add(double[] mass, double low, double high, long count) {
    if (count == 0) {
      return;
    }
    int last = mass.length - 1;
    int from = (int) Math.max(0, Math.min(last, Math.floor(low)));
    int to = (int) Math.max(0, Math.min(last, Math.floor(high)));
    if (from == to) {
      mass[from] += count;
      return;
    }
    double density = count / (high - low);
    mass[from] += (from + 1 - low) * density;
    for (int bin = from + 1; bin < to; bin++) {
      mass[bin] += density;
    }
    mass[to] += (high - to) * density;
  }
}
