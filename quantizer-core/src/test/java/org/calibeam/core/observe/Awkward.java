package org.calibeam.core.observe;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Data that has broken histograms before, and seeded random data of many magnitudes. */
final class Awkward {
  private Awkward() {}

  static Map<String, float[]> all() {
    Map<String, float[]> data = new LinkedHashMap<>();
    data.put("empty", new float[0]);
    data.put("all zero", new float[5000]);
    data.put("negative zeros", new float[] {-0f, 0f, -0f, 1f, -0f});
    data.put("one value", new float[] {0.7f});
    data.put("one negative value", new float[] {-3e-5f});
    data.put("denormals", new float[] {Float.MIN_VALUE, -Float.MIN_VALUE, 1e-40f, -3e-42f, 0f});
    data.put("denormal and large", new float[] {Float.MIN_VALUE, -1e-44f, 3e38f});
    data.put("extremes", new float[] {Float.MAX_VALUE, -Float.MAX_VALUE, 1f, -1f, 0f});
    data.put("tiny negatives", new float[] {-1e-30f, -1e-35f, -1e-20f, 4f, 2f, 1.9999999f});
    data.put("powers of two", powersOfTwo());
    data.put("not a number", new float[] {Float.NaN, 1f, -2f, Float.NaN, 0f});
    data.put("only NaN", new float[] {Float.NaN, Float.NaN});
    data.put(
        "infinities",
        new float[] {Float.NEGATIVE_INFINITY, 1f, Float.POSITIVE_INFINITY, -1f, 0f, 0.001f});
    data.put("only infinities", new float[] {Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY});
    data.put("positive", random(1, 4000, 0.5, 3));
    data.put("negative", random(2, 4000, -7, -0.1));
    data.put("zeros first", zerosFirst());
    return data;
  }

  private static float[] powersOfTwo() {
    float[] values = new float[2 * 60];
    for (int i = 0; i < 60; i++) {
      values[2 * i] = Math.scalb(1f, i - 30);
      values[2 * i + 1] = -Math.nextDown(values[2 * i]);
    }
    return values;
  }

  private static float[] zerosFirst() {
    float[] values = new float[6000];
    System.arraycopy(random(3, 1000, -1e-3, 1e-3), 0, values, 3000, 1000);
    System.arraycopy(random(4, 1000, -50, 80), 0, values, 4500, 1000);
    return values;
  }

  static float[] random(long seed, int n, double low, double high) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return values;
  }

  /** Values whose magnitudes span many powers of two, with zeros and non-finite ones among them. */
  static float[] wild(SplittableRandom random, int n) {
    float[] values = new float[n];
    int spread = random.nextInt(1, 120);
    boolean nonFinite = random.nextInt(4) == 0;
    for (int i = 0; i < n; i++) {
      int kind = random.nextInt(20);
      if (kind == 0) {
        values[i] = random.nextBoolean() ? 0f : -0f;
      } else if (kind == 1 && nonFinite) {
        values[i] =
            switch (random.nextInt(3)) {
              case 0 -> Float.NaN;
              case 1 -> Float.POSITIVE_INFINITY;
              default -> Float.NEGATIVE_INFINITY;
            };
      } else {
        float magnitude =
            Math.scalb(1f + (float) random.nextDouble(), random.nextInt(-spread, spread) / 2);
        values[i] = random.nextBoolean() ? magnitude : -magnitude;
      }
    }
    return values;
  }
}
