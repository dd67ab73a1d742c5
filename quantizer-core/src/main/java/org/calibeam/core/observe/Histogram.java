package org.calibeam.core.observe;

import java.util.Arrays;

/**
 * Counts of finite non-zero values in bins of one power-of-two width, aligned at zero.
 *
 * <p><b>Bin rule.</b> With {@code w = 2^exponent} and {@code half = bins / 2}, a value {@code x}
 * lies in magnitude cell {@code k = floor(|x| / w)}. A positive value belongs to bin {@code half +
 * k}, which is {@code [k*w, (k+1)*w)}; a negative one to bin {@code half - 1 - k}, which is {@code
 * (-(k+1)*w, -k*w]}. So the end nearer to zero is closed and the other open; zero itself is in no
 * bin. The exponent is the smallest for which every value has {@code k < half}.
 *
 * <p><b>Example.</b> With 8 bins, the values -1.5, 0.25, 0.5 and 3 need {@code 3 < 4 * 2^exponent},
 * so the exponent is 0, and bins 4 (holding 0.25 and 0.5), 7 (3) and 2 (-1.5) are occupied. A
 * further value 4 needs exponent 1: cells {@code k} become {@code k >> 1} on either side, and bins
 * 4, 5, 6 (4) and 3 (-1.5) are occupied.
 *
 * <p><b>Merge law: exact.</b> Multiplication by a power of two does not round (a product below one
 * may, but stays below one), and {@code floor(floor(y) / 2) = floor(y / 2)}; widening therefore
 * gives the very counts that binning at the wider width would have given. The histogram is a
 * function of the multiset of values alone, whatever the split, the order and the tree of merges.
 *
 * @param bins number of bins, a power of two
 * @param exponent of the bin width; 0 if nothing is counted
 * @param first index of the first occupied bin; 0 if nothing is counted
 * @param counts of the bins from the first to the last occupied one
 */
public record Histogram(int bins, int exponent, int first, long[] counts) {
  /** What int8 needs: more bins than these change no scale by more than the reference's noise. */
  public static final int DEFAULT_BINS = 2048;

  /** For int16, whose step is far below the width of the default bins. */
  public static final int INT16_BINS = 8192;

  private static final int MAX_BINS = 1 << 20;

  public Histogram {
    checkBins(bins);
    counts = counts.clone();
    if (counts.length == 0) {
      if (exponent != 0 || first != 0) {
        throw new IllegalArgumentException(
            "An empty histogram has exponent %d and first bin %d, both must be 0"
                .formatted(exponent, first));
      }
    } else {
      int last = first + counts.length - 1;
      if (first < 0 || last >= bins || last < first) {
        throw new IllegalArgumentException(
            "%d counts from bin %d do not fit into %d bins".formatted(counts.length, first, bins));
      }
      for (long count : counts) {
        if (count < 0) {
          throw new IllegalArgumentException("A bin counts %d values".formatted(count));
        }
      }
      if (counts[0] == 0 || counts[counts.length - 1] == 0) {
        throw new IllegalArgumentException(
            "The outer bins %d and %d of a histogram must be occupied".formatted(first, last));
      }
      if (first >= bins / 4 && last < bins - bins / 4) {
        throw new IllegalArgumentException(
            "Bins %d to %d of %d are occupied, exponent %d is not the smallest that fits"
                .formatted(first, last, bins, exponent));
      }
      if (exponent < exponentFor(Float.MIN_VALUE, bins)
          || exponent > exponentFor(Float.MAX_VALUE, bins)) {
        throw new IllegalArgumentException(
            "No float32 needs bins of width 2^%d".formatted(exponent));
      }
    }
  }

  /** A histogram that has counted nothing. */
  public static Histogram empty(int bins) {
    return new Histogram(bins, 0, 0, new long[0]);
  }

  static void checkBins(int bins) {
    if (bins < 4 || bins > MAX_BINS || Integer.bitCount(bins) != 1) {
      throw new IllegalArgumentException(
          "A histogram cannot have %d bins, use a power of two from 4 to %d"
              .formatted(bins, MAX_BINS));
    }
  }

  /** The histogram of all {@code counts}, which are of bins 0, 1, … of width 2^exponent. */
  static Histogram trimmed(int exponent, long[] counts) {
    int first = 0;
    int end = counts.length;
    while (first < end && counts[first] == 0) {
      first++;
    }
    while (end > first && counts[end - 1] == 0) {
      end--;
    }
    return first == end
        ? empty(counts.length)
        : new Histogram(counts.length, exponent, first, Arrays.copyOfRange(counts, first, end));
  }

  /**
   * The smallest exponent for which values of this magnitude have a bin.
   *
   * @param magnitude positive and finite
   */
  static int exponentFor(float magnitude, int bins) {
    return Math.getExponent((double) magnitude) + 2 - Integer.numberOfTrailingZeros(bins);
  }

  /** The bin of {@code value}, which is finite and not zero. */
  static int binOf(float value, int exponent, int bins) {
    int cell = (int) Math.scalb(Math.abs((double) value), -exponent);
    return value > 0 ? bins / 2 + cell : bins / 2 - 1 - cell;
  }

  /** The bin that takes up {@code bin} when the width doubles {@code doublings} times. */
  static int widened(int bin, int doublings, int bins) {
    return bins / 2 + ((bin - bins / 2) >> Math.min(doublings, 31));
  }

  @Override
  public long[] counts() {
    return counts.clone();
  }

  /** Number of bins from the first to the last occupied one. */
  public int occupied() {
    return counts.length;
  }

  /** Count of bin {@code first + i}. */
  public long count(int i) {
    return counts[i];
  }

  public boolean isEmpty() {
    return counts.length == 0;
  }

  /** Number of values counted. */
  public long total() {
    long total = 0;
    for (long count : counts) {
      total = Math.addExact(total, count);
    }
    return total;
  }

  /** Width of each bin, exact. */
  public double width() {
    return Math.scalb(1.0, exponent);
  }

  /** Lower end of bin {@code first + i}, exact. */
  public double edge(int i) {
    return Math.scalb((double) (first + i - bins / 2), exponent);
  }

  /**
   * The histogram of the values of both.
   *
   * @throws IllegalArgumentException if the numbers of bins differ
   */
  public static Histogram merge(Histogram a, Histogram b) {
    if (a.bins != b.bins) {
      throw new IllegalArgumentException(
          "Cannot merge a histogram of %d bins with one of %d bins; observe both with the same number"
              .formatted(a.bins, b.bins));
    }
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    int exponent = Math.max(a.exponent, b.exponent);
    long[] sum = new long[a.bins];
    a.addTo(sum, exponent);
    b.addTo(sum, exponent);
    return trimmed(exponent, sum);
  }

  /** Adds the counts to {@code sum}, whose bins are at least as wide. */
  void addTo(long[] sum, int toExponent) {
    int doublings = toExponent - exponent;
    for (int i = 0; i < counts.length; i++) {
      int bin = widened(first + i, doublings, bins);
      sum[bin] = Math.addExact(sum[bin], counts[i]);
    }
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Histogram other
        && bins == other.bins
        && exponent == other.exponent
        && first == other.first
        && Arrays.equals(counts, other.counts);
  }

  @Override
  public int hashCode() {
    return ((bins * 31 + exponent) * 31 + first) * 31 + Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return isEmpty()
        ? "empty, %d bins".formatted(bins)
        : "%d values in bins %d to %d of %d, each 2^%d wide"
            .formatted(total(), first, first + counts.length - 1, bins, exponent);
  }
}
