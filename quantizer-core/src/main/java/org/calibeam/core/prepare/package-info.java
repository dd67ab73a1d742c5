/**
 * From annotations to observation points: sharing groups are resolved and observers inserted.
 *
 * <p>Here: {@link org.calibeam.core.prepare.PreparedProgram} and what makes one. Not here: running
 * it (see {@code interp}) and replacing observers by quantize and dequantize (see {@code convert}).
 */
@NullMarked
package org.calibeam.core.prepare;

import org.jspecify.annotations.NullMarked;
