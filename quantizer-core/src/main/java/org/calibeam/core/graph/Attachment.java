package org.calibeam.core.graph;

import org.calibeam.core.tensor.Storage;

/** Bytes that came with a program and that nothing here looks into. Compared by content. */
public record Attachment(Storage content) {

  @Override
  public boolean equals(Object o) {
    return o instanceof Attachment other && content.bytes().equals(other.content.bytes());
  }

  @Override
  public int hashCode() {
    return content.bytes().hashCode();
  }

  @Override
  public String toString() {
    return content.size() + " bytes";
  }
}
