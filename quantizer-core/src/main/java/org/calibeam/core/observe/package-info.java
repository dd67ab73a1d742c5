/**
 * Statistics of tensors as exact, mergeable values, and the calibrators that read qparams off them.
 *
 * <p>Not here: who is observed (see {@code prepare}) and running models (see {@code interp}).
 */
@NullMarked
package org.calibeam.core.observe;

import org.jspecify.annotations.NullMarked;
