package org.calibeam.pipeline.cli;

import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err errors and progress
 * @param interactive whether progress may rewrite its line
 */
record Terminal(PrintStream out, PrintStream err, boolean interactive) {
  Terminal() {
    this(System.out, System.err, System.console() != null);
  }
}
