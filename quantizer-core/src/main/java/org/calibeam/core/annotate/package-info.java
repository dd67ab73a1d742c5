/**
 * Decides which tensors are quantized and how: node filters, precedence, patterns, shared specs.
 *
 * <p>Not here: rewriting graphs (see {@code transform}) and inserting observers (see {@code
 * prepare}).
 */
@NullMarked
package org.calibeam.core.annotate;

import org.jspecify.annotations.NullMarked;
