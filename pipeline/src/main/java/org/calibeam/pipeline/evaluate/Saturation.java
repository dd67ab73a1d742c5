package org.calibeam.pipeline.evaluate;

/**
 * Where the values of a tensor lie in the range of its integers, when the quantized model runs.
 * Merge law: exact.
 *
 * @param elements all of them
 * @param lowest how many become the least integer
 * @param highest how many become the greatest
 * @param clippedLow how many would have become an even lower one
 * @param clippedHigh how many would have become an even higher one
 */
public record Saturation(
    long elements, long lowest, long highest, long clippedLow, long clippedHigh) {
  public static final Saturation EMPTY = new Saturation(0, 0, 0, 0, 0);

  static Saturation merge(Saturation a, Saturation b) {
    return new Saturation(
        Math.addExact(a.elements, b.elements),
        Math.addExact(a.lowest, b.lowest),
        Math.addExact(a.highest, b.highest),
        Math.addExact(a.clippedLow, b.clippedLow),
        Math.addExact(a.clippedHigh, b.clippedHigh));
  }

  /** Share of the values at either end of the range. */
  public double atEnds() {
    return (double) (lowest + highest) / elements;
  }

  /** Share of the values beyond either end. */
  public double clipped() {
    return (double) (clippedLow + clippedHigh) / elements;
  }
}
