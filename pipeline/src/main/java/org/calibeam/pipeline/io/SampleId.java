package org.calibeam.pipeline.io;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Names a sample whatever folder its file lies in: {@code calibration.npz#12}.
 *
 * @param file name of the file without its folder
 * @param number as the file numbers its samples; from 0 where it does not
 */
public record SampleId(String file, long number) implements Comparable<SampleId>, Serializable {
  private static final Comparator<SampleId> ORDER =
      Comparator.comparing(SampleId::file).thenComparingLong(SampleId::number);

  @Override
  public int compareTo(SampleId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return file + "#" + number;
  }
}
