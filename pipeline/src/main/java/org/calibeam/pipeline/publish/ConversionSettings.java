package org.calibeam.pipeline.publish;

import java.io.Serializable;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.observe.Calibrator;

/**
 * How statistics become qparams, in a form that travels.
 *
 * @param calibrator which one, and its parameter if it has one
 * @param minSamplesPerPath least number of samples that must have reached a code path
 * @param pieces whether the straight pieces between control flow are written as well
 */
public record ConversionSettings(
    CalibratorName calibrator, long minSamplesPerPath, UnreachedPathPolicy unreached, Pieces pieces)
    implements Serializable {

  /** Whether the program is also written in straight pieces, which lower one by one. */
  public enum Pieces {
    NONE,
    WRITTEN
  }

  /** The calibrators there are. */
  public enum CalibratorName {
    HISTOGRAM,
    MINMAX;

    Calibrator calibrator() {
      return switch (this) {
        case HISTOGRAM -> Calibrator.histogram();
        case MINMAX -> Calibrator.minmax();
      };
    }
  }

  ConvertOptions options() {
    return new ConvertOptions(calibrator.calibrator(), minSamplesPerPath, unreached);
  }
}
