package org.calibeam.core.graph;

/**
 * The model is at fault, and whoever exported it must act: an archive that cannot be read, an
 * operator nobody knows. The message is one line: what, where, why, what to do.
 */
public class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
