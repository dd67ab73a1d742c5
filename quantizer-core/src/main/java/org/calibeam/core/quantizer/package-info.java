/**
 * The public face of the quantizer: {@link org.calibeam.core.quantizer.VgfQuantizer} and its
 * configuration file.
 *
 * <p>Not here: reading archives (see {@code pt2}) and anything distributed.
 */
@NullMarked
package org.calibeam.core.quantizer;

import org.jspecify.annotations.NullMarked;
