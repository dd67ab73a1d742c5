/**
 * Cuts a quantized program with control flow into straight pieces that lower one by one, or gives
 * the whole the form that lowers to TOSA.
 *
 * <p>Not here: quantizing (see {@code convert}) and writing the pieces (see the pipeline's {@code
 * publish}).
 */
@NullMarked
package org.calibeam.core.split;

import org.jspecify.annotations.NullMarked;
