package org.calibeam.core.observe;

/**
 * The samples are at fault, and whoever collected them must act: a wrong shape, NaN, a code path
 * that none reached. The message is one line: what, where, why, what to do.
 */
public class SamplesException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SamplesException(String message) {
    super(message);
  }

  public SamplesException(String message, Throwable cause) {
    super(message, cause);
  }
}
