package org.calibeam.pipeline.nightly;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names a run of a store: {@code 000012-20261122T023000Z}.
 *
 * @param number from 1, greater than that of every earlier run
 */
record RunId(long number, String text) implements Comparable<RunId> {
  private static final Pattern TEXT = Pattern.compile("(\\d{6,18})-\\d{8}T\\d{6}Z");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final Comparator<RunId> ORDER =
      Comparator.comparingLong(RunId::number).thenComparing(RunId::text);

  static RunId of(long number, Instant now) {
    return new RunId(number, String.format(Locale.ROOT, "%06d-%s", number, TIME.format(now)));
  }

  /** Empty if {@code text} names no run. */
  static Optional<RunId> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(new RunId(Long.parseLong(matcher.group(1)), text))
        : Optional.empty();
  }

  @Override
  public int compareTo(RunId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return text;
  }
}
