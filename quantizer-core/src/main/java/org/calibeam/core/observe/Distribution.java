package org.calibeam.core.observe;

import java.util.Arrays;

/**
 * A statistic read as a distribution of its finite values: the values themselves where they are
 * kept, else those of each bin spread evenly over it, the outer bins cut to the true least and
 * greatest value, the zeros at zero.
 *
 * <p>It consists of pieces in ascending order that do not overlap; a piece as wide as nothing holds
 * values that are all the same.
 */
final class Distribution {
  private final double[] low;
  private final double[] high;
  private final double[] mass;

  private Distribution(double[] low, double[] high, double[] mass) {
    this.low = low;
    this.high = high;
    this.mass = mass;
  }

  /** The distribution of a statistic with at least one finite value. */
  static Distribution of(Statistic statistic) {
    return statistic.distinct().map(Distribution::ofValues).orElseGet(() -> ofBins(statistic));
  }

  private static Distribution ofValues(DistinctValues values) {
    double[] points = new double[values.size()];
    double[] mass = new double[points.length];
    for (int i = 0; i < points.length; i++) {
      points[i] = values.value(i);
      mass[i] = values.count(i);
    }
    return new Distribution(points, points, mass);
  }

  /** The distribution by the histogram alone. */
  static Distribution ofBins(Statistic statistic) {
    Histogram histogram = statistic.histogram();
    int most = histogram.occupied() + 2;
    double[] low = new double[most];
    double[] high = new double[most];
    double[] mass = new double[most];
    double min = statistic.min();
    double max = statistic.max();
    long zeros = statistic.counts().zeros();
    int n = 0;
    for (int i = 0; i < histogram.occupied(); i++) {
      double from = Math.max(histogram.low(i), min);
      double to = Math.min(histogram.high(i), max);
      double count = histogram.count(i);
      if (from < 0 && to > 0) {
        // The middle bin: zero splits it.
        n = put(low, high, mass, n, from, 0, count * (0 - from) / (to - from));
        n = put(low, high, mass, n, 0, 0, zeros);
        n = put(low, high, mass, n, 0, to, count * to / (to - from));
        zeros = 0;
        continue;
      }
      if (from >= 0) {
        n = put(low, high, mass, n, 0, 0, zeros);
        zeros = 0;
      }
      n = put(low, high, mass, n, from, to, count);
    }
    n = put(low, high, mass, n, 0, 0, zeros);
    return new Distribution(Arrays.copyOf(low, n), Arrays.copyOf(high, n), Arrays.copyOf(mass, n));
  }

  private static int put(
      double[] low, double[] high, double[] mass, int n, double from, double to, double count) {
    if (count == 0) {
      return n;
    }
    low[n] = from;
    high[n] = to;
    mass[n] = count;
    return n + 1;
  }

  /**
   * The same with at most about {@code most} pieces of like width; what is all the same stays so,
   * unless all pieces are such: then neighbours other than zero are spread evenly.
   */
  Distribution coarse(int most) {
    if (low.length <= most) {
      return this;
    }
    boolean points = Arrays.equals(low, high);
    double width = (high[high.length - 1] - low[0]) / most;
    double[] newLow = new double[low.length];
    double[] newHigh = new double[low.length];
    double[] newMass = new double[low.length];
    int n = 0;
    for (int i = 0; i < low.length; i++) {
      boolean joins =
          n > 0
              && high[i] - newLow[n - 1] <= width
              && (points
                  ? low[i] != 0 && newHigh[n - 1] != 0
                  : low[i] < high[i] && newLow[n - 1] < newHigh[n - 1] && newHigh[n - 1] == low[i]);
      if (joins) {
        newHigh[n - 1] = high[i];
        newMass[n - 1] += mass[i];
      } else {
        n = put(newLow, newHigh, newMass, n, low[i], high[i], mass[i]);
      }
    }
    return new Distribution(
        Arrays.copyOf(newLow, n), Arrays.copyOf(newHigh, n), Arrays.copyOf(newMass, n));
  }

  /** The same without the values at zero. */
  Distribution withoutZeros() {
    double[] rest = mass.clone();
    for (int i = 0; i < rest.length; i++) {
      if (low[i] == 0 && high[i] == 0) {
        rest[i] = 0;
      }
    }
    return new Distribution(low, high, rest);
  }

  int pieces() {
    return low.length;
  }

  double low(int i) {
    return low[i];
  }

  double high(int i) {
    return high[i];
  }

  /** Number of values in piece {@code i}; not whole where zero splits a bin. */
  double mass(int i) {
    return mass[i];
  }

  double total() {
    double total = 0;
    for (double m : mass) {
      total += m;
    }
    return total;
  }

  /** How many values are less than {@code bound}. */
  double below(double bound) {
    double sum = 0;
    for (int i = 0; i < low.length && low[i] < bound; i++) {
      sum += high[i] <= bound ? mass[i] : mass[i] * (bound - low[i]) / (high[i] - low[i]);
    }
    return sum;
  }

  /** The value that {@code fraction} of all values do not exceed. */
  double quantile(double fraction) {
    double wanted = fraction * total();
    double sum = 0;
    for (int i = 0; i < low.length; i++) {
      if (sum + mass[i] >= wanted) {
        return low[i] + (high[i] - low[i]) * Math.max(0, wanted - sum) / mass[i];
      }
      sum += mass[i];
    }
    return high[high.length - 1];
  }

  /** The distribution of the absolute values. */
  Distribution magnitudes() {
    double[] edges = new double[2 * low.length];
    for (int i = 0; i < low.length; i++) {
      edges[2 * i] = Math.abs(low[i]);
      edges[2 * i + 1] = Math.abs(high[i]);
    }
    edges = Arrays.stream(edges).sorted().distinct().toArray();
    // Between neighbouring edges either sign has an even density; points lie on edges.
    int n = edges.length;
    double[] newLow = new double[2 * n];
    double[] newHigh = new double[2 * n];
    double[] newMass = new double[2 * n];
    int used = 0;
    double[] points = new double[n];
    double[] spans = new double[n];
    for (int i = 0; i < low.length; i++) {
      double from = Math.min(Math.abs(low[i]), Math.abs(high[i]));
      double to = Math.max(Math.abs(low[i]), Math.abs(high[i]));
      int at = Arrays.binarySearch(edges, from);
      if (from == to) {
        points[at] += mass[i];
      }
      for (; at < n - 1 && edges[at] < to; at++) {
        spans[at] += mass[i] * (edges[at + 1] - edges[at]) / (to - from);
      }
    }
    for (int i = 0; i < n; i++) {
      used = put(newLow, newHigh, newMass, used, edges[i], edges[i], points[i]);
      if (i < n - 1) {
        used = put(newLow, newHigh, newMass, used, edges[i], edges[i + 1], spans[i]);
      }
    }
    return new Distribution(
        Arrays.copyOf(newLow, used), Arrays.copyOf(newHigh, used), Arrays.copyOf(newMass, used));
  }

  /** How much falls into each of {@code n} equal bins from {@code from} to {@code to}. */
  double[] resample(int n, double from, double to) {
    double[] bins = new double[n];
    double scale = n / (to - from);
    for (int i = 0; i < low.length; i++) {
      add(bins, (low[i] - from) * scale, (high[i] - from) * scale, mass[i]);
    }
    return bins;
  }

  /** Spreads {@code count} values over positions from {@code low} to {@code high}, in bins. */
  private static void add(double[] bins, double low, double high, double count) {
    int last = bins.length - 1;
    int from = (int) Math.max(0, Math.min(last, Math.floor(low)));
    int to = (int) Math.max(0, Math.min(last, Math.floor(high)));
    if (from == to) {
      bins[from] += count;
      return;
    }
    double density = count / (high - low);
    bins[from] += (from + 1 - low) * density;
    for (int bin = from + 1; bin < to; bin++) {
      bins[bin] += density;
    }
    bins[to] += (high - to) * density;
  }
}
