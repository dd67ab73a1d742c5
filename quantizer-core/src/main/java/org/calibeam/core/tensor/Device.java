package org.calibeam.core.tensor;

import java.util.Optional;

/** Where a tensor lived at export, for example {@code cpu}. */
public record Device(String type, Optional<Long> index) {
  public static final Device CPU = new Device("cpu", Optional.empty());
}
