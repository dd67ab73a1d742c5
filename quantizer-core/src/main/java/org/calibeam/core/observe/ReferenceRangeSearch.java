package org.calibeam.core.observe;

/**
 * The range search of torchao 0.18's {@code HistogramObserver}, bit for bit: its float32 and double
 * operations in its order. {@link RangeSearch} is the same idea without its roundings.
 */
final class ReferenceRangeSearch {
  /** How much of the mass one step cuts off. */
  private static final double STEP = 1e-5;

  private final float[] histogram;
  private final float min;
  private final float max;
  private final int cells;

  /** Told of each range whose error was computed. */
  interface Listener {
    void candidate(int start, int end, double error);
  }

  /**
   * A search over equal bins from {@code min} to {@code max}.
   *
   * @param cells number of integers of the quantized type
   */
  ReferenceRangeSearch(float[] histogram, float min, float max, int cells) {
    this.histogram = histogram;
    this.min = min;
    this.max = max;
    this.cells = cells;
  }

  Range search(Listener listener) {
    float[] sums = TorchArithmetic.cumsum(histogram);
    double total = TorchArithmetic.sum(histogram);
    double alpha = 0;
    double beta = 1;
    int start = 0;
    int end = histogram.length - 1;
    double best = Double.POSITIVE_INFINITY;
    while (alpha < beta) {
      double nextAlpha = alpha + STEP;
      double nextBeta = beta - STEP;
      int left = start;
      float low = (float) (nextAlpha * total);
      while (left < end && sums[left] < low) {
        left++;
      }
      int right = end;
      float high = (float) (nextBeta * total);
      while (right > start && sums[right] > high) {
        right--;
      }
      int nextStart = start;
      int nextEnd = end;
      if (left - start > end - right) {
        nextStart = left;
        alpha = nextAlpha;
      } else {
        nextEnd = right;
        beta = nextBeta;
      }
      if (nextStart == start && nextEnd == end) {
        continue;
      }
      double error = error(nextStart, nextEnd);
      listener.candidate(nextStart, nextEnd, error);
      if (error > best) {
        break;
      }
      best = error;
      start = nextStart;
      end = nextEnd;
    }
    float width = (max - min) / histogram.length;
    return new Range(min + width * start, min + width * (end + 1));
  }

  private double error(int start, int end) {
    double exactWidth = ((double) max - (double) min) / histogram.length;
    double exactCell = exactWidth * (end - start + 1) / cells;
    if (exactCell == 0) {
      return 0;
    }
    float width = (float) exactWidth;
    float cell = (float) exactCell;
    float half = (float) (exactCell / 2);
    float last = cells - 1f;
    float[] terms = new float[histogram.length];
    for (int i = 0; i < terms.length; i++) {
      float begin = (float) (i - start) * width;
      float stop = begin + width;
      float first = clamp(TorchArithmetic.floorDivide(begin, cell), last);
      float ultimate = clamp(TorchArithmetic.floorDivide(stop, cell), last);
      float firstCentre = (first + 0.5f) * cell;
      float finalCentre = ultimate * cell + half;
      float density = histogram[i] / width;
      float term = norm(begin - firstCentre, half, density);
      term += (ultimate - first - 1) * norm(-half, half, density);
      term += norm(-half, stop - finalCentre, density);
      terms[i] = term;
    }
    return TorchArithmetic.sum(terms);
  }

  private static float clamp(float value, float last) {
    return Math.max(0, Math.min(last, value));
  }

  private static float norm(float begin, float end, float density) {
    return density * ((end * end * end - begin * begin * begin) / 3);
  }
}
