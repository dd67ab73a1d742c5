package org.calibeam.pipeline.combine;

import org.apache.beam.sdk.transforms.Combine.BinaryCombineFn;

/** Merges the extremes of one observer; there is no identity, and nothing to merge without any. */
public final class MergeExtremes extends BinaryCombineFn<Extremes> {
  private static final long serialVersionUID = 1;

  @Override
  public Extremes apply(Extremes a, Extremes b) {
    return Extremes.merge(a, b);
  }
}
