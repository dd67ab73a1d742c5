package org.calibeam.pipeline.cli;

import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err errors and progress
 * @param interactive whether progress may rewrite its line
 * @param json whether a machine reads it: progress and summary are lines of JSON
 */
record Terminal(PrintStream out, PrintStream err, boolean interactive, boolean json) {
  Terminal(PrintStream out, PrintStream err, boolean interactive) {
    this(out, err, interactive, false);
  }

  Terminal() {
    this(System.out, System.err, System.console() != null);
  }

  Terminal forMachines() {
    return new Terminal(out, err, interactive, true);
  }
}
