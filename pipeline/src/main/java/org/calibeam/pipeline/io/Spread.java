package org.calibeam.pipeline.io;

import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.Reshuffle;

/** Gives elements, each of which says where to read, to whatever workers there are. */
public final class Spread {
  /**
   * For each key that is combined, the DirectRunner copies all that earlier bundles gave whenever
   * another one gives more. With a bundle for every element that is quadratic: 100,000 samples took
   * a minute to run and six to be merged. So many bundles, for each of the step before, are enough
   * to keep cores busy to the end.
   */
  private static final int DIRECT_BUNDLES = 64;

  private Spread() {}

  /** For a pipeline with these options. */
  public static <T> Reshuffle.ViaRandomKey<T> over(PipelineOptions options) {
    Reshuffle.ViaRandomKey<T> spread = Reshuffle.viaRandomKey();
    return options.getRunner() == DirectRunner.class
        ? spread.withNumBuckets(DIRECT_BUNDLES)
        : spread;
  }
}
