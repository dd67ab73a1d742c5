package org.calibeam.core.interp;

import org.calibeam.core.prepare.ObserverId;

/** Shows a tensor to the listener; its result is the same tensor in the same slot. */
record ObserveStep(ObserverId id, Operand value, boolean constant, Scratch scratch)
    implements Step {

  @Override
  public void run() {
    scratch.observe(id, value.pointer(), constant);
    value.done(scratch);
  }
}
