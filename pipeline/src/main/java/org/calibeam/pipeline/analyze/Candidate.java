package org.calibeam.pipeline.analyze;

import java.io.Serializable;

/**
 * Something to measure.
 *
 * @param configuration of the quantizer
 * @param most how many samples calibrate it, and how many measure it: the first of the files
 * @param what to find out about it
 */
record Candidate(String configuration, long most, Question what) implements Serializable {

  /** What there is to find out. */
  enum Question {
    /** How the outputs do, a {@link Measurement}. */
    OUTPUTS,
    /** How each quantized tensor does where it is quantized, {@link LocalErrors}. */
    TENSORS
  }
}
