package org.calibeam.core.transform;

/**
 * Two layers whose channels in between were equalized.
 *
 * @param first the layer that computes the channels
 * @param second the layer that reads them
 * @param channels how many of them were scaled
 * @param least factor by which a channel was divided
 * @param greatest factor by which a channel was divided
 */
public record EqualizedPair(
    String first, String second, int channels, double least, double greatest) {}
