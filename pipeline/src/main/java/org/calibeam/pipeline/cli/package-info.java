/**
 * The command line: options in, results and one-line errors out, and the wiring of the rest.
 *
 * <p>Options are read here and turned into records; no other package knows them.
 */
@NullMarked
package org.calibeam.pipeline.cli;

import org.jspecify.annotations.NullMarked;
