package org.calibeam.core.ops;

/** A number was needed where a shape is known only for a sample. */
public final class SymbolicShapeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SymbolicShapeException(String message) {
    super(message);
  }
}
