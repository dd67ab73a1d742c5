package org.calibeam.core.convert;

import org.calibeam.core.graph.CodePath;

/**
 * A bias from which the shift was taken that rounding the weights gives a layer's results.
 *
 * @param layer name of the convolution or linear layer
 * @param channels of its output
 * @param rootMeanSquare of the shift over the channels, in the units of the output
 * @param largest shift of a channel, by absolute value
 */
public record CorrectedBias(
    CodePath codePath, String layer, int channels, double rootMeanSquare, double largest) {}
