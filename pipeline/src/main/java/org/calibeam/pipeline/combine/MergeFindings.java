package org.calibeam.pipeline.combine;

import org.apache.beam.sdk.transforms.Combine.BinaryCombineFn;

/**
 * Merges findings about the same thing: min and max, histograms and extremes of an observer,
 * tallies of a shard. There is no identity, and nothing to merge without any.
 */
public final class MergeFindings extends BinaryCombineFn<Finding> {
  private static final long serialVersionUID = 1;

  @Override
  public Finding apply(Finding a, Finding b) {
    return Finding.merge(a, b);
  }
}
