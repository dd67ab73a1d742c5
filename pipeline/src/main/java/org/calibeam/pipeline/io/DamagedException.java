package org.calibeam.pipeline.io;

import java.io.IOException;

/**
 * The content of a file is not what its format asks for. Reading it again will not help, unlike
 * after other {@link IOException}s.
 */
final class DamagedException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedException(String message) {
    super(message);
  }

  DamagedException(String message, Throwable cause) {
    super(message, cause);
  }
}
