/**
 * What is in a program as it stands, for people and machines: graphs, operators, constants,
 * quantized tensors, and what looks wrong.
 *
 * <p>{@link org.calibeam.core.inspect.Inspection} is the door. Not here: what a configuration would
 * quantize (see {@code annotate} and {@code report}).
 */
@NullMarked
package org.calibeam.core.inspect;

import org.jspecify.annotations.NullMarked;
