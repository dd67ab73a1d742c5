package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private static final AtomicInteger BUNDLES = new AtomicInteger();
  private static final AtomicInteger ELEMENTS = new AtomicInteger();

  @Test
  void evenly_manyElementsOnTheDirectRunner_givesFourBundlesPerWorker() {
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setTargetParallelism(3);
    TestPipeline pipeline = TestPipeline.fromOptions(options).enableAbandonedNodeEnforcement(false);
    pipeline
        .apply(Create.of(IntStream.range(0, 10_000).boxed().toList()))
        .apply(Spread.evenly())
        .apply(ParDo.of(new CountFn()));

    pipeline.run().waitUntilFinish();

    assertThat(ELEMENTS).hasValue(10_000);
    assertThat(BUNDLES).hasValue(12);
  }

  private static final class CountFn extends DoFn<Integer, Integer> {
    private static final long serialVersionUID = 1;

    @StartBundle
    public void startBundle() {
      BUNDLES.incrementAndGet();
    }

    @ProcessElement
    public void process() {
      ELEMENTS.incrementAndGet();
    }
  }
}
