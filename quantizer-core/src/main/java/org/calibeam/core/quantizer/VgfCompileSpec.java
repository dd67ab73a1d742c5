package org.calibeam.core.quantizer;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * What a VGF artifact is compiled for.
 *
 * @param tosaVersion for example {@code 1.0}
 * @param profiles of TOSA: {@code INT} for integers, {@code FP} for what stays in floating point
 * @param extensions of TOSA, for example {@code int16}, {@code int4}, {@code cf}
 */
public record VgfCompileSpec(String tosaVersion, Set<String> profiles, Set<String> extensions) {

  private static final Set<String> KNOWN_PROFILES = Set.of("INT", "FP");

  /** ExecuTorch 1.5.1's default: {@code TOSA-1.0+FP+INT+int4+int16}. */
  public static final VgfCompileSpec DEFAULT = parse("TOSA-1.0+FP+INT+int4+int16");

  public VgfCompileSpec {
    profiles = Set.copyOf(profiles);
    extensions = Set.copyOf(extensions);
    if (!profiles.contains("INT")) {
      throw new ConfigurationException(
          "The TOSA specification has no INT profile, so nothing can be quantized for it. Add +INT.");
    }
  }

  /**
   * Reads a specification as ExecuTorch writes it.
   *
   * @param text for example {@code TOSA-1.0+FP+INT+int4+int16}
   */
  public static VgfCompileSpec parse(String text) {
    List<String> parts = List.of(text.split("\\+"));
    if (!parts.get(0).startsWith("TOSA-") || parts.size() < 2) {
      throw new ConfigurationException(
          "Cannot read the TOSA specification '%s': expected TOSA-VERSION+PROFILE+…, for example %s."
              .formatted(text, "TOSA-1.0+FP+INT+int4+int16"));
    }
    Set<String> profiles = new TreeSet<>(parts.subList(1, parts.size()));
    Set<String> extensions = new TreeSet<>(profiles);
    profiles.retainAll(KNOWN_PROFILES);
    extensions.removeAll(KNOWN_PROFILES);
    return new VgfCompileSpec(parts.get(0).substring("TOSA-".length()), profiles, extensions);
  }

  /** As ExecuTorch writes it. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("TOSA-").append(tosaVersion);
    new TreeSet<>(profiles).forEach(p -> text.append('+').append(p));
    new TreeSet<>(extensions).forEach(e -> text.append('+').append(e));
    return text.toString();
  }
}
