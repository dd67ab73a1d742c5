package org.calibeam.pipeline.combine;

import java.io.Serializable;

/**
 * What made some statistics. Only statistics of equal fingerprints may be merged, and only a model
 * and a configuration of the same fingerprint may be converted with them.
 *
 * @param graph SHA-256 of the model's graph, in hex
 * @param weights SHA-256 of its weights and constants
 * @param configuration SHA-256 of the quantizer's configuration
 * @param preprocessing label of what was done to the samples; empty if nothing
 * @param kernelLevel the CPU kernels that ran the model, on which the low bits of results depend
 */
public record Fingerprint(
    int formatVersion,
    String graph,
    String weights,
    String configuration,
    String preprocessing,
    String kernelLevel)
    implements Serializable {

  /** The same with the level of the kernels that really ran. */
  public Fingerprint withKernelLevel(String level) {
    return new Fingerprint(formatVersion, graph, weights, configuration, preprocessing, level);
  }

  @Override
  public String toString() {
    return "format %d, graph %s, weights %s, configuration %s, preprocessing '%s', kernels %s"
        .formatted(
            formatVersion,
            brief(graph),
            brief(weights),
            brief(configuration),
            preprocessing,
            kernelLevel);
  }

  private static String brief(String hash) {
    return hash.substring(0, Math.min(12, hash.length()));
  }
}
