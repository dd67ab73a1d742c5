/**
 * Float and quantized model side by side: runs both over samples, merges exactly how far they
 * agree, and derives figures with confidence intervals. Files are written in {@code publish}.
 */
@NullMarked
package org.calibeam.pipeline.evaluate;

import org.jspecify.annotations.NullMarked;
