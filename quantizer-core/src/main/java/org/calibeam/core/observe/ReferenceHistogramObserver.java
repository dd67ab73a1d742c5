package org.calibeam.core.observe;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * torchao 0.18's {@code HistogramObserver}, bit for bit, as it runs on torch 2.15 with one thread
 * and AVX2 or AVX-512.
 *
 * <p>Merge law: none. Whenever the range grows, the old counts are spread anew over the new bins,
 * so the result depends on the order of the tensors and two observers cannot be merged. It is here
 * to prove parity with the reference; {@link StatisticAccumulator} is what scales.
 *
 * <p>Infinities are left out; NaN is refused; empty tensors are ignored. Not safe for use by
 * several threads.
 */
public final class ReferenceHistogramObserver {
  static final int BINS = 2048;

  /** Parts that each bin is cut into before its count goes to the bins of a wider range. */
  private static final int PARTS = 16;

  private float[] histogram = new float[BINS];
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;

  /** Observes all remaining values; position and limit stay as they are. */
  public void observe(FloatBuffer values) {
    float[] copy = new float[values.remaining()];
    values.duplicate().get(copy);
    observe(copy);
  }

  /**
   * Observes one tensor.
   *
   * @throws SamplesException if a value is NaN
   */
  public void observe(float[] values) {
    observe(values, 1);
  }

  /**
   * Observes the same tensor several times in succession, as a constant is that stands in the
   * graph.
   *
   * @param times at least 1
   * @throws SamplesException if a value is NaN
   */
  public void observe(float[] values, long times) {
    float[] finite = withoutInfinities(values);
    if (finite.length == 0) {
      return;
    }
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (float value : finite) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (Float.isNaN(low)) {
      throw new SamplesException(
          "A tensor of %d elements holds NaN, for which the reference's observer has no bin"
              .formatted(values.length));
    }
    if (min == Float.POSITIVE_INFINITY || max == Float.NEGATIVE_INFINITY) {
      float[] first = count(finite, low, high);
      histogram = first.clone();
      min = low;
      max = high;
      add(first, times - 1);
      return;
    }
    float newMin = Math.min(min, low);
    float newMax = Math.max(max, high);
    float[] update = count(finite, newMin, newMax);
    if (newMin != min || newMax != max) {
      histogram = min == max ? countConstant(newMin, newMax) : remap(newMin, newMax);
      min = newMin;
      max = newMax;
    }
    add(update, times);
  }

  private void add(float[] update, long times) {
    for (long n = 0; n < times; n++) {
      for (int i = 0; i < BINS; i++) {
        histogram[i] += update[i];
      }
    }
  }

  private static float[] withoutInfinities(float[] values) {
    int n = 0;
    for (float value : values) {
      n += Float.isInfinite(value) ? 0 : 1;
    }
    if (n == values.length) {
      return values;
    }
    float[] finite = new float[n];
    n = 0;
    for (float value : values) {
      if (!Float.isInfinite(value)) {
        finite[n++] = value;
      }
    }
    return finite;
  }

  /** {@code torch.histc}: equal bins from {@code low} to {@code high}, counted in float32. */
  private static float[] count(float[] values, float low, float high) {
    float from = low;
    float to = high;
    if (from == to) {
      from = low - 1;
      to = high + 1;
    }
    float[] counts = new float[BINS];
    float span = to - from;
    for (float value : values) {
      counts[binOf(value, from, span)]++;
    }
    return counts;
  }

  /** The bin of a value in a range that begins at {@code from} and is {@code span} wide. */
  static int binOf(float value, float from, float span) {
    return Math.min((int) ((value - from) * BINS / span), BINS - 1);
  }

  /** The counts so far, all of one value, in bins of the new range. */
  private float[] countConstant(float newMin, float newMax) {
    float total = TorchArithmetic.sum(histogram);
    float[] counts = count(new float[] {min}, newMin, newMax);
    for (int i = 0; i < BINS; i++) {
      counts[i] *= total;
    }
    return counts;
  }

  /** The counts so far, spread over bins of the new range, which contains the old one. */
  private float[] remap(float newMin, float newMax) {
    float[] edges = new float[BINS + 1];
    for (int i = 0; i < edges.length; i++) {
      edges[i] = TorchArithmetic.linspace(newMin, newMax, BINS + 1, i);
    }
    float part = (max - min) / (BINS * PARTS);
    float halfPart = 0.5f * part;
    float[] counts = new float[BINS];
    int bin = 0;
    for (int k = 0; k < BINS * PARTS; k++) {
      float middle = TorchArithmetic.linspace(min, max, BINS * PARTS + 1, k) + halfPart;
      // The middles ascend up to rounding, and so does the bin; the edges too.
      while (bin > 0 && edges[bin] > middle) {
        bin--;
      }
      while (bin < BINS - 1 && edges[bin + 1] <= middle) {
        bin++;
      }
      counts[bin] += histogram[k / PARTS] / PARTS;
    }
    return counts;
  }

  /** Least finite value seen, +inf if none was. */
  public float min() {
    return min;
  }

  /** Greatest finite value seen, -inf if none was. */
  public float max() {
    return max;
  }

  /** The counts of 2048 equal bins from {@link #min} to {@link #max}. */
  public float[] histogram() {
    return Arrays.copyOf(histogram, BINS);
  }

  /**
   * The range that the reference chooses.
   *
   * @throws SamplesException if no finite value was seen
   */
  public Range range(QuantizationSpec.Observed spec) {
    return range(spec, (start, end, error) -> {});
  }

  Range range(QuantizationSpec.Observed spec, ReferenceRangeSearch.Listener listener) {
    if (min > max) {
      throw new SamplesException(
          "No value was observed, so no scale can be chosen; calibrate with samples that come here");
    }
    int cells = 1 << (8 * spec.dtype().bytes());
    return new ReferenceRangeSearch(histogram, min, max, cells).search(listener);
  }

  /**
   * The qparams that the reference chooses.
   *
   * @throws SamplesException if no finite value was seen
   */
  public QParams qparams(QuantizationSpec.Observed spec) {
    Range range = range(spec);
    return QParams.covering(spec, new float[] {range.min()}, new float[] {range.max()});
  }
}
