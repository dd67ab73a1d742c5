package org.calibeam.pipeline.io;

/**
 * Resizes as Pillow's {@code Image.resize(size, BILINEAR)} does: a triangle filter whose width
 * grows with the reduction, so that every pixel of the original counts; first along rows, then
 * along columns, each step rounded to eight bits. Pillow 13 takes the columns first for some sizes,
 * for which single pixels differ by one of 255 steps; for the others it is the same to the byte.
 *
 * <p>For an output position the filter is centred at {@code (i + 0.5) * in / out}, reaches {@code
 * max(1, in / out)} to both sides and sums to one; its weights are rounded to 22 fractional bits.
 */
final class BilinearResize {
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private BilinearResize() {}

  static Pixels resize(Pixels image, int width, int height) {
    Pixels wide = image.width() == width ? image : horizontally(image, width);
    return wide.height() == height ? wide : vertically(wide, height);
  }

  /**
   * The filter of one axis.
   *
   * @param first index of the first input for each output
   * @param weights of the inputs from there on
   */
  @SuppressWarnings("ArrayRecordComponent") // never leaves this class
  private record Filter(int[] first, int[][] weights) {
    static Filter of(int in, int out) {
      double scale = (double) in / out;
      double reach = Math.max(scale, 1);
      int[] first = new int[out];
      int[][] weights = new int[out][];
      for (int i = 0; i < out; i++) {
        double centre = (i + 0.5) * scale;
        first[i] = Math.max(0, (int) (centre - reach + 0.5));
        double[] exact = new double[Math.min(in, (int) (centre + reach + 0.5)) - first[i]];
        double sum = 0;
        for (int k = 0; k < exact.length; k++) {
          exact[k] = triangle((k + first[i] - centre + 0.5) * (1 / reach));
          sum += exact[k];
        }
        weights[i] = new int[exact.length];
        for (int k = 0; k < exact.length; k++) {
          weights[i][k] = (int) (0.5 + (sum == 0 ? 0 : exact[k] / sum) * (1 << PRECISION_BITS));
        }
      }
      return new Filter(first, weights);
    }

    private static double triangle(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  }

  private static Pixels horizontally(Pixels image, int width) {
    Filter filter = Filter.of(image.width(), width);
    byte[] out = new byte[width * image.height() * Pixels.CHANNELS];
    for (int y = 0; y < image.height(); y++) {
      int row = y * image.width();
      for (int x = 0; x < width; x++) {
        mix(
            image.rgb(),
            (row + filter.first[x]) * Pixels.CHANNELS,
            Pixels.CHANNELS,
            filter.weights[x],
            out,
            (y * width + x) * Pixels.CHANNELS);
      }
    }
    return new Pixels(width, image.height(), out);
  }

  private static Pixels vertically(Pixels image, int height) {
    Filter filter = Filter.of(image.height(), height);
    int stride = image.width() * Pixels.CHANNELS;
    byte[] out = new byte[height * stride];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < image.width(); x++) {
        mix(
            image.rgb(),
            filter.first[y] * stride + x * Pixels.CHANNELS,
            stride,
            filter.weights[y],
            out,
            y * stride + x * Pixels.CHANNELS);
      }
    }
    return new Pixels(image.width(), height, out);
  }

  /** One pixel: a weighted sum of those that lie {@code stride} apart. */
  private static void mix(byte[] in, int from, int stride, int[] weights, byte[] out, int to) {
    int half = 1 << (PRECISION_BITS - 1);
    int red = half;
    int green = half;
    int blue = half;
    int at = from;
    for (int weight : weights) {
      red += (in[at] & 0xFF) * weight;
      green += (in[at + 1] & 0xFF) * weight;
      blue += (in[at + 2] & 0xFF) * weight;
      at += stride;
    }
    out[to] = clip(red);
    out[to + 1] = clip(green);
    out[to + 2] = clip(blue);
  }

  private static byte clip(int sum) {
    return (byte) Math.min(255, sum >> PRECISION_BITS);
  }
}
