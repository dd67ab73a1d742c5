package org.calibeam.pipeline.io;

/**
 * An image of three channels with eight bits each. Not copied: whoever makes one gives the array
 * away.
 *
 * @param rgb {@code [height, width, 3]}, row by row
 */
@SuppressWarnings("ArrayRecordComponent") // within the package, for speed
record Pixels(int width, int height, byte[] rgb) {
  static final int CHANNELS = 3;

  Pixels {
    if (rgb.length != (long) width * height * CHANNELS) {
      throw new IllegalArgumentException(
          "%d bytes are no image of %d x %d".formatted(rgb.length, width, height));
    }
  }

  /** The part that begins at column {@code left} and row {@code top}. */
  Pixels crop(int left, int top, int newWidth, int newHeight) {
    byte[] part = new byte[newWidth * newHeight * CHANNELS];
    for (int y = 0; y < newHeight; y++) {
      System.arraycopy(
          rgb,
          ((top + y) * width + left) * CHANNELS,
          part,
          y * newWidth * CHANNELS,
          newWidth * CHANNELS);
    }
    return new Pixels(newWidth, newHeight, part);
  }
}
