package org.calibeam.core.qspec;

/**
 * The quantizer's configuration or an option is at fault, and whoever wrote it must act. The
 * message is one line: what, where, why, what to do.
 */
public class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ConfigurationException(String message) {
    super(message);
  }

  public ConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}
