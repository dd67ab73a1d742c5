package org.calibeam.core.observe;

/**
 * Narrows a range of bins as long as the squared quantization error does not grow: caffe2's {@code
 * NormMinimization::NonlinearQuantizationParamsSearch} as torchao 0.18's {@code HistogramObserver}
 * has it, in double. Lengths are in bins.
 */
final class RangeSearch {
  /** How much of the mass one step cuts off. */
  private static final double STEP = 1e-5;

  private final double[] mass;
  private final int levels;

  /** First and last bin of a range, both inclusive. */
  record Bins(int start, int end) {}

  /**
   * A search over bins that hold {@code mass}.
   *
   * @param levels number of integers of the quantized type
   */
  RangeSearch(double[] mass, int levels) {
    this.mass = mass;
    this.levels = levels;
  }

  Bins search() {
    double[] cumulative = new double[mass.length];
    double total = 0;
    for (int i = 0; i < mass.length; i++) {
      total += mass[i];
      cumulative[i] = total;
    }
    double alpha = 0;
    double beta = 1;
    int start = 0;
    int end = mass.length - 1;
    double best = Double.POSITIVE_INFINITY;
    while (alpha < beta) {
      double nextAlpha = alpha + STEP;
      double nextBeta = beta - STEP;
      int left = start;
      while (left < end && cumulative[left] < nextAlpha * total) {
        left++;
      }
      int right = end;
      while (right > start && cumulative[right] > nextBeta * total) {
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
      if (error > best) {
        break;
      }
      best = error;
      start = nextStart;
      end = nextEnd;
    }
    return new Bins(start, end);
  }

  /**
   * Squared error when {@code levels} cells of equal width divide bins {@code start} to {@code end}
   * and a value becomes the middle of its cell, or of the nearest; the mass of a bin is spread
   * evenly.
   */
  double error(int start, int end) {
    double cell = (double) (end - start + 1) / levels;
    double half = cell / 2;
    double whole = 2 * half * half * half / 3;
    double error = 0;
    for (int i = 0; i < mass.length; i++) {
      double density = mass[i];
      if (density == 0) {
        continue;
      }
      double begin = i - start;
      double first = cellOf(begin, cell);
      double last = cellOf(begin + 1, cell);
      double fromCentre = begin - (first * cell + half);
      double toCentre = begin + 1 - (last * cell + half);
      error +=
          density
              * ((half * half * half - fromCentre * fromCentre * fromCentre) / 3
                  + (last - first - 1) * whole
                  + (toCentre * toCentre * toCentre + half * half * half) / 3);
    }
    return error;
  }

  private double cellOf(double position, double cell) {
    return Math.max(0, Math.min(levels - 1, Math.floor(position / cell)));
  }
}
