package org.calibeam.pipeline.io;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads PNG and JPEG with eight bits per channel as Pillow's {@code Image.open(f).convert("RGB")}
 * does: grey becomes three equal channels, transparency is dropped, a palette is looked up, and
 * neither colour profiles nor the orientation in EXIF change anything. PNG comes out the same; what
 * comes out of a JPEG may differ by a few steps, as JPEG decoders do.
 */
final class ImageDecoder {
  /** More is refused before memory is taken for it: 100 megapixels. */
  private static final long MAX_PIXELS = 100_000_000;

  /** What the JDK's JPEG reader warns of when it makes up the rest of the pixels. */
  private static final Pattern CUT_OFF = Pattern.compile("Missing EOI|premature end");

  private ImageDecoder() {}

  /**
   * @throws DamagedException if {@code file} is no such image
   */
  static Pixels decode(byte[] file) throws DamagedException {
    try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      while (readers.hasNext()) {
        ImageReader reader = readers.next();
        String format = reader.getFormatName();
        if (format.equalsIgnoreCase("png") || format.equalsIgnoreCase("jpeg")) {
          try {
            return decode(reader, input);
          } finally {
            reader.dispose();
          }
        }
      }
      throw new DamagedException("it is neither PNG nor JPEG");
    } catch (DamagedException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // damage makes ImageIO throw of many kinds
      throw new DamagedException("it cannot be decoded (%s)".formatted(e.getMessage()), e);
    }
  }

  private static Pixels decode(ImageReader reader, ImageInputStream input) throws IOException {
    reader.setInput(input, true, true);
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw new DamagedException(
          "it declares %d x %d pixels, the limit is %d".formatted(width, height, MAX_PIXELS));
    }
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    BufferedImage image = reader.read(0);
    if (warnings.stream().anyMatch(w -> CUT_OFF.matcher(w).find())) {
      throw new DamagedException("it is cut off");
    }
    // Not image.getRGB: it would change grey as if it were linear.
    return image.getColorModel() instanceof IndexColorModel palette
        ? looked(image.getRaster(), palette)
        : copied(image.getRaster());
  }

  private static Pixels looked(Raster raster, IndexColorModel palette) {
    int width = raster.getWidth();
    byte[] rgb = new byte[width * raster.getHeight() * Pixels.CHANNELS];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int index : row) {
        rgb[at++] = (byte) palette.getRed(index);
        rgb[at++] = (byte) palette.getGreen(index);
        rgb[at++] = (byte) palette.getBlue(index);
      }
    }
    return new Pixels(width, raster.getHeight(), rgb);
  }

  private static Pixels copied(Raster raster) throws DamagedException {
    if (raster.getTransferType() != DataBuffer.TYPE_BYTE) {
      throw new DamagedException(
          "its channels have %d bits, only 8 are supported"
              .formatted(raster.getSampleModel().getSampleSize(0)));
    }
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    // Grey, or grey with transparency; then red, green, blue, perhaps with transparency.
    int step = bands < Pixels.CHANNELS ? 0 : 1;
    byte[] rgb = new byte[width * raster.getHeight() * Pixels.CHANNELS];
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < Pixels.CHANNELS; c++) {
          rgb[at++] = (byte) row[x * bands + c * step];
        }
      }
    }
    return new Pixels(width, raster.getHeight(), rgb);
  }
}
