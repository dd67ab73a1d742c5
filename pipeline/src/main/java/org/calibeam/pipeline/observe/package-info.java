/**
 * Running samples in the workers: which model, loaded once per process, and what its observers see.
 *
 * <p>Not here: reading files (see {@code io}) and merging what was seen (see {@code combine}).
 */
@NullMarked
package org.calibeam.pipeline.observe;

import org.jspecify.annotations.NullMarked;
