/**
 * From statistics to the quantized program: qparams are chosen, observation points become quantize
 * and dequantize, constants are folded to integers.
 *
 * <p>Not here: observing (see {@code observe}) and writing archives (see {@code pt2}).
 */
@NullMarked
package org.calibeam.core.convert;

import org.jspecify.annotations.NullMarked;
