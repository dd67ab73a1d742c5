/**
 * What a quantized tensor looks like and who decides it: schemes, specs, configurations, qparams.
 *
 * <p>Integer ranges and the factories of configurations live here. Not here: which tensors get a
 * spec (see {@code annotate}) and how values are observed (see {@code observe}).
 */
@NullMarked
package org.calibeam.core.qspec;

import org.jspecify.annotations.NullMarked;
