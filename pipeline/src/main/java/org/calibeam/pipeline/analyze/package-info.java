/**
 * What quantizing each part of a model costs, and which mix of int8, int16 and floating point to
 * use: candidates are calibrated, converted and compared with the float model by the workers.
 *
 * <p>Not here: the comparison itself (see {@code evaluate}).
 */
@NullMarked
package org.calibeam.pipeline.analyze;

import org.jspecify.annotations.NullMarked;
