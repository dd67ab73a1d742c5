package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * What one gate says of a model.
 *
 * @param gate its name, as {@code --accept} takes it
 * @param text one sentence with the figures
 */
public record Verdict(String gate, Status status, String text) {
  static final String BAD_SAMPLES = "bad-samples";
  static final String PATHS = "paths";
  static final String VANISHED = "vanished";
  static final String DRIFT = "drift";
  static final String SATURATION = "saturation";
  static final String SCALE = "scale";
  static final String ROLLED_BACK = "rolled-back";
  static final String SQNR = "sqnr";
  static final String TOP1 = "top1";
  static final String FLIPS = "flips";

  private static final List<String> GATES =
      List.of(BAD_SAMPLES, VANISHED, DRIFT, SATURATION, SCALE, ROLLED_BACK, SQNR, TOP1, FLIPS);

  /**
   * Checks that these are gates that a person may open.
   *
   * @throws ConfigurationException if one is not
   */
  public static void requireGates(List<String> names) {
    for (String name : names) {
      if (!GATES.contains(name)) {
        throw new ConfigurationException(
            "--accept: '%s' is no gate that can be accepted. There are %s."
                .formatted(name, String.join(", ", GATES)));
      }
    }
  }

  /** How a gate was passed, or not. */
  public enum Status {
    PASSED,
    /** There was nothing to compare. */
    SKIPPED,
    WARNED,
    /** It would have blocked, had a person not said that it shall not. */
    ACCEPTED,
    BLOCKED
  }

  static Verdict passed(String gate, String text) {
    return new Verdict(gate, Status.PASSED, text);
  }

  static Verdict skipped(String gate, String text) {
    return new Verdict(gate, Status.SKIPPED, text);
  }

  static Verdict blocked(String gate, String text) {
    return new Verdict(gate, Status.BLOCKED, text);
  }

  static Verdict beyond(Gates.Action action, String gate, String text) {
    return switch (action) {
      case BLOCK -> blocked(gate, text);
      case WARN -> new Verdict(gate, Status.WARNED, text);
      case OFF -> skipped(gate, text);
    };
  }

  Verdict accepted() {
    return status == Status.BLOCKED ? new Verdict(gate, Status.ACCEPTED, text) : this;
  }

  ObjectNode toJson() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("gate", gate)
        .put("status", status.name().toLowerCase(Locale.ROOT))
        .put("text", text);
  }
}
