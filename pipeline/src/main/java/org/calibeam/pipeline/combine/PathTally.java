package org.calibeam.pipeline.combine;

import java.io.Serializable;
import org.calibeam.pipeline.io.SampleId;

/**
 * Which samples of some shards took one code path.
 *
 * @param first the least of them by file and number
 */
public record PathTally(long samples, SampleId first) implements Serializable {

  /** Merge law: exact. */
  public static PathTally merge(PathTally a, PathTally b) {
    return new PathTally(
        Math.addExact(a.samples, b.samples), a.first.compareTo(b.first) <= 0 ? a.first : b.first);
  }
}
