package org.calibeam.core.annotate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * What one node's inputs and output are to become.
 *
 * @param inputs spec of each tensor the node reads, by the name of its producer, in the order they
 *     were decided, which later decides who owns a shared observer; empty for one left in floating
 *     point
 * @param output spec of what the node computes, empty if none
 * @param quantized whether the node is to run on integers; lowering depends on this mark
 */
public record Annotation(
    Map<String, Optional<QuantizationSpec>> inputs,
    Optional<QuantizationSpec> output,
    boolean quantized) {

  public Annotation {
    inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
  }

  /** Nothing to quantize, yet decided: no one else will annotate the node. */
  public boolean isEmpty() {
    return inputs.isEmpty() && output.isEmpty();
  }
}
