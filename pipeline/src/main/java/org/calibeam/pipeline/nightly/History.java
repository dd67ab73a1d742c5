package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at the versions in a store, and goes back to one. */
public final class History {
  private final RunStore store;

  public History(NightlyJob job) {
    this.store = RunStore.at(job.store());
  }

  /**
   * A run of the past.
   *
   * @param current whether it is the published one
   * @param reason why it was decided so
   */
  public record Line(String run, String at, String decision, boolean current, String reason) {}

  /** All runs that are kept, newest first. */
  public List<Line> lines() {
    Optional<RunId> current = store.current().map(Current::run);
    List<Line> lines = new ArrayList<>();
    for (RunStore.Run run : store.runs()) {
      JsonNode decision = run.decision();
      lines.add(
          0,
          new Line(
              run.id().text(),
              decision.path("at").asText(),
              decision.path("decision").asText(),
              current.equals(Optional.of(run.id())),
              decision.path("reasons").path(0).asText()));
    }
    return lines;
  }

  /** Where the store is. */
  public String path() {
    return store.path();
  }

  /**
   * Publishes an earlier run again; a model like the one that is left is blocked from then on.
   *
   * @param to id or number of the run, or {@code previous}
   * @return the run that is published now
   */
  public String rollback(String to, Clock clock) {
    try (StoreLock lock = store.lock(clock)) {
      store.recover(clock.instant());
      lock.requireHeld();
      return store.rollback(to, clock.instant()).text();
    }
  }
}
