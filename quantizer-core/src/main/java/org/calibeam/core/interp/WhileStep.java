package org.calibeam.core.interp;

import java.util.List;

/**
 * Runs a graph as long as another one says so.
 *
 * @param initial the carried values before the first iteration, then the additional inputs
 * @param carried where the carried values are between iterations
 * @param condition the carried and additional values, as the condition reads them
 * @param iteration the same, as the body takes them: it is their last reader if they are carried
 * @param finals the carried values after the last iteration, then the additional ones
 */
record WhileStep(
    Frame until,
    Frame body,
    List<Feed> initial,
    List<Place> carried,
    List<Feed> condition,
    List<Feed> iteration,
    List<Feed> finals,
    List<Place> results,
    Scratch scratch,
    Origin origin)
    implements Step {

  @Override
  public void run() {
    move(initial, carried);
    while (holds()) {
      GraphStep.call(body, iteration, carried, scratch);
    }
    move(finals, results);
  }

  private boolean holds() {
    for (int i = 0; i < condition.size(); i++) {
      condition.get(i).into(until.inputs().get(i), scratch);
    }
    until.run();
    try {
      return until.outputs().get(0).truth(scratch);
    } catch (IllegalArgumentException e) {
      throw origin.failed(e);
    }
  }

  private void move(List<Feed> from, List<Place> to) {
    for (int i = 0; i < from.size(); i++) {
      from.get(i).into(i < to.size() ? to.get(i) : Place.NOWHERE, scratch);
    }
  }
}
