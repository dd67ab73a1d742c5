package org.calibeam.core.observe;

import java.util.Arrays;
import java.util.Optional;

/**
 * The finite values themselves, each with its count, as long as they are few: constants, masks,
 * pixels, small outputs. A histogram is blunt there, since such values lie anywhere in their bins.
 *
 * <p>They are kept while there are at most {@link #MOST_VALUES} different ones among at most {@link
 * #MOST_ELEMENTS}; beyond that there are none ({@code Optional.empty()}), for good.
 *
 * <p>Merge law: exact. Whether values are kept depends on the multiset alone: both numbers can only
 * grow, so an intermediate merge never drops what the last one would keep.
 *
 * @param values in ascending order, zero as 0.0
 * @param counts as many, all positive
 */
public record DistinctValues(float[] values, long[] counts) {
  /** Enough for any set of pixel levels, the weights of a norm or small outputs; 20 KB encoded. */
  public static final int MOST_VALUES = 4096;

  /**
   * Bounds the time that looking up repeated values may take. A constant is seen once per sample,
   * which costs nothing: one of 1,000 elements is still kept after 16,000 samples.
   */
  public static final long MOST_ELEMENTS = 1 << 24;

  static final DistinctValues NONE = new DistinctValues(new float[0], new long[0]);

  public DistinctValues {
    values = values.clone();
    counts = counts.clone();
    if (values.length != counts.length || values.length > MOST_VALUES) {
      throw new IllegalArgumentException(
          "%d values with %d counts, at most %d are kept"
              .formatted(values.length, counts.length, MOST_VALUES));
    }
    long total = 0;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])
          || Float.floatToRawIntBits(values[i]) == Float.floatToRawIntBits(-0f)
          || i > 0 && values[i - 1] >= values[i]) {
        throw new IllegalArgumentException(
            "Value %d, %s, is out of order or not allowed".formatted(i, values[i]));
      }
      if (counts[i] <= 0) {
        throw new IllegalArgumentException(
            "%d values of %s were counted".formatted(counts[i], values[i]));
      }
      total = Math.addExact(total, counts[i]);
    }
    if (total > MOST_ELEMENTS) {
      throw new IllegalArgumentException(
          "The values of %d elements are kept, at most %d may be".formatted(total, MOST_ELEMENTS));
    }
  }

  @Override
  public float[] values() {
    return values.clone();
  }

  @Override
  public long[] counts() {
    return counts.clone();
  }

  /** Number of different values. */
  public int size() {
    return values.length;
  }

  public float value(int i) {
    return values[i];
  }

  public long count(int i) {
    return counts[i];
  }

  /** Number of elements. */
  public long total() {
    return Arrays.stream(counts).sum();
  }

  /** How many elements are {@code value}. */
  long countOf(float value) {
    int at = Arrays.binarySearch(values, value);
    return at < 0 ? 0 : counts[at];
  }

  /** The values of both, empty if they are too many or either has none. */
  static Optional<DistinctValues> merge(Optional<DistinctValues> a, Optional<DistinctValues> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    return merge(a.get(), b.get());
  }

  private static Optional<DistinctValues> merge(DistinctValues a, DistinctValues b) {
    if (a.total() + b.total() > MOST_ELEMENTS) {
      return Optional.empty();
    }
    float[] values = new float[a.size() + b.size()];
    long[] counts = new long[values.length];
    int n = 0;
    for (int i = 0, j = 0; i < a.size() || j < b.size(); n++) {
      boolean fromA = j == b.size() || i < a.size() && a.values[i] <= b.values[j];
      boolean fromB = i == a.size() || j < b.size() && b.values[j] <= a.values[i];
      values[n] = fromA ? a.values[i] : b.values[j];
      counts[n] = (fromA ? a.counts[i++] : 0) + (fromB ? b.counts[j++] : 0);
    }
    return n > MOST_VALUES
        ? Optional.empty()
        : Optional.of(new DistinctValues(Arrays.copyOf(values, n), Arrays.copyOf(counts, n)));
  }

  /** The same values seen {@code n} times, at least once; empty if that makes them too many. */
  Optional<DistinctValues> times(long n) {
    if (n > MOST_ELEMENTS || n * total() > MOST_ELEMENTS) {
      return size() == 0 ? Optional.of(NONE) : Optional.empty();
    }
    return Optional.of(
        new DistinctValues(values, Arrays.stream(counts).map(count -> count * n).toArray()));
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof DistinctValues other
        && Arrays.equals(values, other.values)
        && Arrays.equals(counts, other.counts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values) * 31 + Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return size() + " different values";
  }
}
