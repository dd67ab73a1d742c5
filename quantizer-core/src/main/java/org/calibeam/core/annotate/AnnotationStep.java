package org.calibeam.core.annotate;

import java.util.Optional;
import org.calibeam.core.qspec.QuantizationConfig;

/**
 * One configuration and the nodes it is for.
 *
 * @param config empty leaves the nodes in floating point
 */
public record AnnotationStep(NodeFinder finder, Optional<QuantizationConfig> config) {}
