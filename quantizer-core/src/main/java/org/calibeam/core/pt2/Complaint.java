package org.calibeam.core.pt2;

import org.calibeam.core.graph.ModelException;

/** Makes one-line messages out of text that an archive may have chosen. */
final class Complaint {
  private static final int LONGEST = 600;

  private Complaint() {}

  /**
   * An exception saying that something is wrong at a place of an archive.
   *
   * @param where archive and entry
   */
  static ModelException of(String where, String problem) {
    return new ModelException(oneLine(where + ": " + problem));
  }

  static ModelException of(String where, String problem, Throwable cause) {
    return new ModelException(oneLine(where + ": " + problem), cause);
  }

  /** {@code text} without line breaks and control characters, and not endlessly long. */
  static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(LONGEST)
        .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
        .forEach(line::appendCodePoint);
    return text.codePointCount(0, text.length()) > LONGEST
        ? line.append('…').toString()
        : line.toString();
  }
}
