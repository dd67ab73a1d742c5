/**
 * Graph rewrites, one per file.
 *
 * <p>Two make programs out of programs, moving constants into and out of the branches of control
 * flow: {@link org.calibeam.core.transform.ResolveBranchConstants} and {@link
 * org.calibeam.core.transform.LiftBranchConstants}. All others work on one graph and leave graphs
 * inside its calls alone: {@link org.calibeam.core.transform.FoldBatchNorm}, and those that {@link
 * org.calibeam.core.transform.TransformForAnnotation} puts in order. Not here: what is quantized
 * (see {@code annotate}).
 */
@NullMarked
package org.calibeam.core.transform;

import org.jspecify.annotations.NullMarked;
