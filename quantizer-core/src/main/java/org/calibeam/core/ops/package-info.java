/**
 * What operators are: their parameters, and type and shape of what they compute.
 *
 * <p>Here: {@link org.calibeam.core.ops.Schema}, the rules for outputs, and {@link
 * org.calibeam.core.ops.CallEmitter}, which writes calls into a graph. Not here: running operators
 * (see {@code interp}) and what may be quantized (see {@code annotate}).
 */
@NullMarked
package org.calibeam.core.ops;

import org.jspecify.annotations.NullMarked;
