package org.calibeam.core.observe;

import java.util.Arrays;

/**
 * Counts of finite non-zero values in bins of one power-of-two width, aligned at zero.
 *
 * <p><b>Bin rule.</b> With {@code w = 2^exponent}, a value {@code x} belongs to bin {@code k = x /
 * w} rounded toward zero. So for {@code k > 0} bin {@code k} is {@code [k*w, (k+1)*w)}, bin {@code
 * -k} is {@code (-(k+1)*w, -k*w]}, and bin 0 is {@code (-w, w)} without zero itself, which is in no
 * bin. The exponent is the smallest for which there are at most {@code bins} from the bin of the
 * least value to that of the greatest, bin 0 included in any case. So values of one sign are
 * resolved twice as finely as those of both.
 *
 * <p><b>Example.</b> With 8 bins, the values -1.5, 0.25, 0.5 and 3 take bins -3 to 6 at width 0.5,
 * which are 10, and -1 to 3 at width 1, so the exponent is 0 and bins -1 (holding -1.5), 0 (0.25
 * and 0.5) and 3 (3) are occupied. A further value 7 needs exponent 1; every {@code k} is halved
 * toward zero, and bins 0 (-1.5, 0.25, 0.5), 1 (3) and 3 (7) are occupied.
 *
 * <p><b>Merge law: exact.</b> Dividing by a power of two does not round (a quotient too small for
 * its type may, but stays below one), and rounding toward zero after halving twice is the same as
 * once after quartering; widening therefore gives the very counts that binning at the wider width
 * would have given. The histogram is a function of the multiset of values alone, whatever the
 * split, the order and the tree of merges.
 *
 * @param bins a power of two; how many there can be from the first to the last, bin 0 included
 * @param exponent of the bin width; 0 if nothing is counted
 * @param first the first occupied bin, negative for values of at most -w; 0 if nothing is counted
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
      long last = (long) first + counts.length - 1;
      if (Math.max(0, last) - Math.min(0, first) >= bins) {
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
      if (first > -bins / 4 && last < bins / 4) {
        throw new IllegalArgumentException(
            "Bins %d to %d of %d are occupied, exponent %d is not the smallest that fits"
                .formatted(first, last, bins, exponent));
      }
      if (exponent < exponentFor(0, Float.MIN_VALUE, bins)
          || exponent > exponentFor(-Float.MAX_VALUE, Float.MAX_VALUE, bins)) {
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

  /**
   * Room for the counts of all bins that a histogram may have on either side of zero; the count of
   * bin {@code k} is at {@code bins + k}.
   */
  static long[] room(int bins) {
    return new long[2 * bins];
  }

  /** The histogram of all {@code counts}, laid out as {@link #room} has it. */
  static Histogram trimmed(int exponent, long[] counts) {
    int bins = counts.length / 2;
    int first = 0;
    int end = counts.length;
    while (first < end && counts[first] == 0) {
      first++;
    }
    while (end > first && counts[end - 1] == 0) {
      end--;
    }
    return first == end
        ? empty(bins)
        : new Histogram(bins, exponent, first - bins, Arrays.copyOfRange(counts, first, end));
  }

  /**
   * The smallest exponent for which values from {@code min} to {@code max} have a bin.
   *
   * @param min finite
   * @param max finite, not both zero
   */
  static int exponentFor(float min, float max, int bins) {
    double magnitude = Math.max(Math.abs((double) min), Math.abs((double) max));
    int finest = Math.getExponent(magnitude) + 1 - Integer.numberOfTrailingZeros(bins);
    int below = Math.min(0, binOf(min, finest));
    int above = Math.max(0, binOf(max, finest));
    return above - below < bins ? finest : finest + 1;
  }

  /** The bin of {@code value}, which is finite. */
  static int binOf(float value, int exponent) {
    return (int) Math.scalb((double) value, -exponent);
  }

  /** The bin that takes up {@code bin} when the width doubles {@code doublings} times. */
  static int widened(int bin, int doublings) {
    return doublings > 30 ? 0 : bin / (1 << doublings);
  }

  /** Widens bins in place, laid out as {@link #room} has it. */
  static void widen(long[] counts, int doublings) {
    int zero = counts.length / 2;
    // From the middle outwards every target lies nearer to it than its source.
    for (int bin = 1; bin < zero; bin++) {
      int to = widened(bin, doublings);
      counts[zero + to] += counts[zero + bin];
      counts[zero + bin] = 0;
      counts[zero - to] += counts[zero - bin];
      counts[zero - bin] = 0;
    }
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
  public double low(int i) {
    int bin = first + i;
    return Math.scalb((double) (bin > 0 ? bin : bin - 1), exponent);
  }

  /** Upper end of bin {@code first + i}, exact. */
  public double high(int i) {
    int bin = first + i;
    return Math.scalb((double) (bin < 0 ? bin : bin + 1), exponent);
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
    int first = Math.min(a.firstAt(exponent), b.firstAt(exponent));
    int last = Math.max(a.lastAt(exponent), b.lastAt(exponent));
    while (Math.max(0, last) - Math.min(0, first) >= a.bins) {
      exponent++;
      first = widened(first, 1);
      last = widened(last, 1);
    }
    long[] sum = room(a.bins);
    a.addTo(sum, exponent);
    b.addTo(sum, exponent);
    return trimmed(exponent, sum);
  }

  /** The histogram of values that are seen {@code n} times, at least once. */
  Histogram times(long n) {
    return new Histogram(
        bins,
        exponent,
        first,
        Arrays.stream(counts).map(count -> Math.multiplyExact(count, n)).toArray());
  }

  private int firstAt(int widerExponent) {
    return widened(first, widerExponent - exponent);
  }

  private int lastAt(int widerExponent) {
    return widened(first + counts.length - 1, widerExponent - exponent);
  }

  /**
   * Adds the counts to {@code sum}, whose bins are at least as wide and laid out as {@link #room}
   * has it.
   */
  void addTo(long[] sum, int toExponent) {
    int doublings = toExponent - exponent;
    for (int i = 0; i < counts.length; i++) {
      int bin = bins + widened(first + i, doublings);
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
        : "%d values in bins %d to %d of %d, 2^%d wide"
            .formatted(total(), first, first + counts.length - 1, bins, exponent);
  }
}
