package org.calibeam.pipeline.combine;

import java.io.Serializable;

/**
 * How many shards had their statistics kept by an earlier run. Merge law: exact.
 *
 * @param kept shards that did not have to be run
 * @param run shards that were run, their statistics kept for the next time
 * @param unreadable those of the latter whose kept statistics could not be read
 */
public record StateUse(long kept, long run, long unreadable) implements Serializable {
  public static final StateUse NONE = new StateUse(0, 0, 0);
  public static final StateUse KEPT = new StateUse(1, 0, 0);
  public static final StateUse RUN = new StateUse(0, 1, 0);
  public static final StateUse UNREADABLE = new StateUse(0, 1, 1);

  public StateUse plus(StateUse other) {
    return new StateUse(
        Math.addExact(kept, other.kept),
        Math.addExact(run, other.run),
        Math.addExact(unreadable, other.unreadable));
  }
}
