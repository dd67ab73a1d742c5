/**
 * From statistics to the output folder: convert, write archive, statistics and report, and last the
 * manifest, which marks a finished run.
 *
 * <p>Not here: how statistics come about (see {@code observe} and {@code combine}).
 */
@NullMarked
package org.calibeam.pipeline.publish;

import org.jspecify.annotations.NullMarked;
