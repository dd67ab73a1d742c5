package org.calibeam.core.interp;

import java.util.List;
import org.calibeam.core.graph.CodePath;

/**
 * A graph ready to run: its steps, and the slots its tensors live in. A graph never runs within
 * itself, so one frame for each place a graph stands in is enough.
 */
final class Frame {
  private final CodePath path;
  private final Scratch scratch;
  private final Step[] steps;
  private final List<Slot> slots;
  private final List<Place> inputs;
  private final List<Feed> outputs;

  Frame(
      CodePath path,
      Scratch scratch,
      List<Step> steps,
      List<Slot> slots,
      List<Place> inputs,
      List<Feed> outputs) {
    this.path = path;
    this.scratch = scratch;
    this.steps = steps.toArray(Step[]::new);
    this.slots = List.copyOf(slots);
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
  }

  CodePath path() {
    return path;
  }

  /** Where the placeholders' values go before a run, in the graph's order. */
  List<Place> inputs() {
    return inputs;
  }

  /** Where the results are after a run, until they are taken. */
  List<Feed> outputs() {
    return outputs;
  }

  int steps() {
    return steps.length;
  }

  void run() {
    scratch.listener().enter(path);
    for (Step step : steps) {
      step.run();
    }
  }

  /** Frees what a run that failed left behind. */
  void clear() {
    for (Slot slot : slots) {
      scratch.clear(slot.pointer());
    }
  }
}
