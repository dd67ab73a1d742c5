package org.calibeam.core.observe;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Counts different finite values in a hash table until they are too many to be kept; from then on
 * it does nothing until it is cleared.
 */
final class DistinctCounter {
  private static final int FIRST_CAPACITY = 64;

  /** Values copied out of a buffer at once. */
  private static final int CHUNK = 512;

  /** The bits of a NaN, which is never counted. */
  private static final int FREE = 0x7FC00000;

  private int[] bits = free(FIRST_CAPACITY);
  private int[] counts = new int[FIRST_CAPACITY];
  private int size;
  private long elements;
  private boolean tooMany;

  private static int[] free(int capacity) {
    int[] bits = new int[capacity];
    Arrays.fill(bits, FREE);
    return bits;
  }

  /** Whether more values were counted than are kept; nothing more needs to be counted then. */
  boolean tooMany() {
    return tooMany;
  }

  /** Counts the first {@code n} values, all finite. */
  void count(float[] values, int n) {
    if (expect(n)) {
      for (int i = 0; i < n && !tooMany; i++) {
        add(Float.floatToRawIntBits(values[i] + 0f), 1);
      }
    }
  }

  /** Counts all remaining values, all finite; the buffer is consumed. */
  void count(FloatBuffer values) {
    if (expect(values.remaining())) {
      float[] chunk = new float[Math.min(CHUNK, values.remaining())];
      while (values.hasRemaining() && !tooMany) {
        int n = Math.min(values.remaining(), chunk.length);
        values.get(chunk, 0, n);
        for (int i = 0; i < n && !tooMany; i++) {
          add(Float.floatToRawIntBits(chunk[i] + 0f), 1);
        }
      }
    }
  }

  /** Whether {@code n} more elements are worth counting. */
  private boolean expect(long n) {
    if (elements + n > DistinctValues.MOST_ELEMENTS) {
      drop();
    }
    return !tooMany;
  }

  /** Counts all values of {@code other} too. */
  void addAll(DistinctCounter other) {
    if (other.tooMany || !expect(other.elements)) {
      drop();
    }
    for (int i = 0; i < other.bits.length && !tooMany; i++) {
      if (other.bits[i] != FREE) {
        add(other.bits[i], other.counts[i]);
      }
    }
  }

  private void add(int value, int times) {
    elements += times;
    int mask = bits.length - 1;
    int slot = hash(value) & mask;
    while (bits[slot] != value) {
      if (bits[slot] == FREE) {
        insert(slot, value, times);
        return;
      }
      slot = slot + 1 & mask;
    }
    counts[slot] += times;
  }

  private void insert(int slot, int value, int times) {
    if (size == DistinctValues.MOST_VALUES) {
      drop();
      return;
    }
    bits[slot] = value;
    counts[slot] = times;
    size++;
    if (2 * size > bits.length) {
      grow();
    }
  }

  private void grow() {
    int[] oldBits = bits;
    int[] oldCounts = counts;
    bits = free(2 * oldBits.length);
    counts = new int[bits.length];
    int mask = bits.length - 1;
    for (int i = 0; i < oldBits.length; i++) {
      if (oldBits[i] != FREE) {
        int slot = hash(oldBits[i]) & mask;
        while (bits[slot] != FREE) {
          slot = slot + 1 & mask;
        }
        bits[slot] = oldBits[i];
        counts[slot] = oldCounts[i];
      }
    }
  }

  private static int hash(int value) {
    int h = value * 0x9E3779B9;
    return h ^ h >>> 15;
  }

  private void drop() {
    tooMany = true;
    bits = free(1);
    counts = new int[1];
    size = 0;
  }

  /** Forgets everything. */
  void clear() {
    if (elements > 0 || tooMany) {
      bits = free(FIRST_CAPACITY);
      counts = new int[FIRST_CAPACITY];
      size = 0;
      elements = 0;
      tooMany = false;
    }
  }

  /** The values counted, empty if they are too many. */
  Optional<DistinctValues> toValues() {
    if (tooMany) {
      return Optional.empty();
    }
    float[] values = new float[size];
    int n = 0;
    for (int value : bits) {
      if (value != FREE) {
        values[n++] = Float.intBitsToFloat(value);
      }
    }
    Arrays.sort(values);
    long[] sorted = new long[size];
    for (int i = 0; i < bits.length; i++) {
      if (bits[i] != FREE) {
        sorted[Arrays.binarySearch(values, Float.intBitsToFloat(bits[i]))] = counts[i];
      }
    }
    return Optional.of(new DistinctValues(values, sorted));
  }
}
