package org.calibeam.core.interp;

import java.util.List;

/** Runs one of two graphs. */
record CondStep(
    Feed predicate,
    Frame whenTrue,
    Frame whenFalse,
    List<Feed> operands,
    List<Place> results,
    Scratch scratch,
    Origin origin)
    implements Step {

  @Override
  public void run() {
    boolean taken;
    try {
      taken = predicate.truth(scratch);
    } catch (IllegalArgumentException e) {
      throw origin.failed(e);
    }
    GraphStep.call(taken ? whenTrue : whenFalse, operands, results, scratch);
  }
}
