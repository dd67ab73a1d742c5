package org.calibeam.pipeline.io;

import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Gives elements, each of which says where to read, to whatever workers there are.
 *
 * <p>Within this process they are dealt in turn to a few bundles per worker. For each key that is
 * combined, the DirectRunner copies all that earlier bundles gave whenever another one gives more,
 * so a bundle for each element costs quadratic time: 100,000 samples took a minute to run and six
 * to be merged, 64 of a MobileNetV2 twice the time of their forwards.
 */
public final class Spread<T> extends PTransform<PCollection<T>, PCollection<T>> {
  private static final long serialVersionUID = 1;

  /** Enough that workers end at about the same time though parts take unequal time. */
  private static final int BUNDLES_PER_WORKER = 4;

  public static <T> Spread<T> evenly() {
    return new Spread<>();
  }

  @Override
  public PCollection<T> expand(PCollection<T> elements) {
    PipelineOptions options = elements.getPipeline().getOptions();
    if (options.getRunner() != DirectRunner.class) {
      return elements.apply("Reshuffle", Reshuffle.viaRandomKey());
    }
    int workers = options.as(DirectOptions.class).getTargetParallelism();
    return elements
        .apply("Deal", ParDo.of(new DealFn<>(BUNDLES_PER_WORKER * workers)))
        .setCoder(KvCoder.of(VarIntCoder.of(), elements.getCoder()))
        .apply("Group", GroupByKey.create())
        .apply("Hands", Values.create())
        .apply("Elements", Flatten.iterables());
  }

  private static final class DealFn<T> extends DoFn<T, KV<Integer, T>> {
    private static final long serialVersionUID = 1;

    private final int hands;
    private transient int next;

    private DealFn(int hands) {
      this.hands = hands;
    }

    @ProcessElement
    public void process(@Element T element, OutputReceiver<KV<Integer, T>> out) {
      out.output(KV.of(next, element));
      next = (next + 1) % hands;
    }
  }
}
