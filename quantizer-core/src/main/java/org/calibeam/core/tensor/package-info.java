/**
 * Element types, shapes and constant tensors as plain values.
 *
 * <p>Here: {@link org.calibeam.core.tensor.DType}, {@link org.calibeam.core.tensor.TensorSpec} and
 * {@link org.calibeam.core.tensor.TensorData}. Not here: arithmetic (see {@code interp}) and file
 * formats (see {@code pt2}).
 */
@NullMarked
package org.calibeam.core.tensor;

import org.jspecify.annotations.NullMarked;
