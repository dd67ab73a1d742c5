package org.calibeam.core.interp;

import java.util.List;

/** Runs a graph in place. */
record GraphStep(Frame frame, List<Feed> operands, List<Place> results, Scratch scratch)
    implements Step {

  @Override
  public void run() {
    call(frame, operands, results, scratch);
  }

  /** Runs {@code frame} on {@code operands} and puts its results where they belong. */
  static void call(Frame frame, List<Feed> operands, List<Place> results, Scratch scratch) {
    for (int i = 0; i < operands.size(); i++) {
      operands.get(i).into(frame.inputs().get(i), scratch);
    }
    frame.run();
    List<Feed> outputs = frame.outputs();
    for (int i = 0; i < outputs.size(); i++) {
      outputs.get(i).into(i < results.size() ? results.get(i) : Place.NOWHERE, scratch);
    }
  }
}
