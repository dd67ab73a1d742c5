package org.calibeam.core.quantizer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What is done, where asked for, to lose less by quantizing. */
public enum Repair {
  /** Takes from each bias the shift that rounding the weights gives its layer's results. */
  BIAS,
  /**
   * Scales the channels between two layers so that they use the integers alike; configurations that
   * ask for it get {@link #BIAS} with it, without which it may do harm.
   */
  EQUALIZE;

  /** As configurations and the command line call it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The repair called {@code text}. */
  public static Optional<Repair> named(String text) {
    return Arrays.stream(values()).filter(r -> r.text().equals(text)).findFirst();
  }
}
