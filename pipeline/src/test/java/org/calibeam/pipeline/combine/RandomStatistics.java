package org.calibeam.pipeline.combine;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;

/** Statistics of seeded random data and of the awkward. */
final class RandomStatistics {
  private static final float[][] AWKWARD = {
    {},
    {0},
    {0, 0, 0},
    {-0f, 1},
    {Float.NaN, 1},
    {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 2},
    {Float.NaN},
    {Float.MIN_VALUE, -Float.MIN_VALUE},
    {3e38f, -3e38f},
    {1e-3f, 1e-3f},
    {5, 6, 7},
    {-5, -6, -7},
  };

  private RandomStatistics() {}

  static Statistic of(float... values) {
    StatisticAccumulator accumulator = new StatisticAccumulator();
    accumulator.observe(FloatBuffer.wrap(values));
    accumulator.sampleDone();
    return accumulator.snapshot();
  }

  /** A mutable list. */
  static List<Statistic> several(long seed) {
    Random random = new Random(seed);
    List<Statistic> list = new ArrayList<>();
    for (float[] values : AWKWARD) {
      list.add(of(values));
    }
    for (int i = 0; i < 8; i++) {
      float[] values = new float[random.nextInt(200)];
      double scale = Math.pow(10, random.nextInt(8) - 4);
      for (int j = 0; j < values.length; j++) {
        values[j] = (float) (random.nextGaussian() * scale);
      }
      list.add(of(values));
    }
    return list;
  }
}
