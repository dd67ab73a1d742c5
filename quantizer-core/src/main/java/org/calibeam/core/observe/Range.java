package org.calibeam.core.observe;

/** The values that the integers are to cover, both ends finite. */
public record Range(float min, float max) {
  public Range {
    if (!(min <= max) || Float.isInfinite(min) || Float.isInfinite(max)) {
      throw new IllegalArgumentException("[%s, %s] is no finite range".formatted(min, max));
    }
  }
}
