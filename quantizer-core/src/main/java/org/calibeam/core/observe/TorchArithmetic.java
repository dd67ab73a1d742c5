package org.calibeam.core.observe;

/**
 * The few torch 2.15 CPU kernels that the reference's observers use, with the roundings and the
 * order of additions of its AVX2 and AVX-512 builds.
 */
final class TorchArithmetic {
  private static final int LANES = 8;
  private static final int VECTORS = 4;
  private static final int ROW = LANES * VECTORS;
  private static final int ROWS_PER_LEVEL = 16;

  private TorchArithmetic() {}

  /**
   * {@code torch.sum} of float32 values.
   *
   * @param values as many as a multiple of 32
   */
  static float sum(float[] values) {
    if (values.length % ROW != 0) {
      throw new IllegalArgumentException(
          "%d values are no multiple of %d".formatted(values.length, ROW));
    }
    float[] inner = new float[ROW];
    float[] outer = new float[ROW];
    int rows = values.length / ROW;
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < ROW; i++) {
        inner[i] += values[row * ROW + i];
      }
      if ((row + 1) % ROWS_PER_LEVEL == 0) {
        for (int i = 0; i < ROW; i++) {
          outer[i] += inner[i];
          inner[i] = 0;
        }
      }
    }
    float sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
      float total = inner[lane] + outer[lane];
      for (int vector = 1; vector < VECTORS; vector++) {
        total += inner[vector * LANES + lane] + outer[vector * LANES + lane];
      }
      sum += total;
    }
    return sum;
  }

  /** {@code torch.cumsum}: accumulated in double, each result rounded to float32. */
  static float[] cumsum(float[] values) {
    float[] sums = new float[values.length];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i];
      sums[i] = (float) sum;
    }
    return sums;
  }

  /** Element {@code i} of {@code torch.linspace(start, end, steps)}. */
  static float linspace(float start, float end, int steps, int i) {
    float step = (end - start) / (steps - 1);
    return i < steps / 2
        ? Math.fma(step, (float) i, start)
        : Math.fma(-step, (float) (steps - 1 - i), end);
  }

  /** {@code torch.div(a, b, rounding_mode="floor")} for a positive {@code b}. */
  static float floorDivide(float a, float b) {
    float remainder = remainder(a, b);
    float quotient = (a - remainder) / b;
    if (remainder < 0) {
      quotient -= 1;
    }
    float floor = (float) Math.floor(quotient);
    return quotient - floor > 0.5f ? floor + 1 : floor;
  }

  /**
   * {@code a % b} for a positive {@code b}, several times as fast. The product below has 53 bits at
   * most, so nothing is rounded; a quotient that was rounded up to a whole number is put right.
   */
  static float remainder(float a, float b) {
    double quotient = a / (double) b;
    if (!(Math.abs(quotient) < 1 << 29)) {
      return a % b;
    }
    double rest = a - (int) quotient * (double) b;
    if (a < 0 ? rest > 0 : rest < 0) {
      rest += a < 0 ? -b : b;
    }
    return (float) rest;
  }
}
