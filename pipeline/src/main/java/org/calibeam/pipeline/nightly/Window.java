package org.calibeam.pipeline.nightly;

import java.time.LocalDate;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which partitions calibrate: the last so many, or all since a day.
 *
 * @param last number of partitions; empty if {@code since} decides
 * @param exclude days that never count
 */
public record Window(OptionalInt last, Optional<LocalDate> since, Set<LocalDate> exclude) {
  static final int DEFAULT_LAST = 14;

  public Window {
    exclude = Collections.unmodifiableSet(new TreeSet<>(exclude));
  }

  /**
   * The partitions of this window, oldest first.
   *
   * @param all oldest first
   * @param until no later ones
   */
  List<Partition> of(List<Partition> all, Optional<LocalDate> until) {
    List<Partition> possible =
        all.stream()
            .filter(p -> !exclude.contains(p.day()))
            .filter(p -> until.isEmpty() || !p.day().isAfter(until.get()))
            .filter(p -> since.isEmpty() || !p.day().isBefore(since.get()))
            .toList();
    int most = last.orElse(possible.size());
    return possible.subList(Math.max(0, possible.size() - most), possible.size());
  }

  @Override
  public String toString() {
    String which =
        last.isPresent()
            ? "the last " + last.getAsInt()
            : since.map(day -> "since " + day).orElse("all");
    return exclude.isEmpty() ? which : which + " without " + exclude;
  }
}
