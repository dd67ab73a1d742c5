package org.calibeam.core.interp;

/** One instruction of a {@link Frame}; built once, run for every sample. */
interface Step {

  void run();
}
