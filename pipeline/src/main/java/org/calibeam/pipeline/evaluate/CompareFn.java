package org.calibeam.pipeline.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.FinalFailure;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.ShardPart;
import org.calibeam.pipeline.observe.BadSampleLimit;
import org.calibeam.pipeline.observe.CalibrateFn;
import org.calibeam.pipeline.observe.ModelFile;
import org.jspecify.annotations.Nullable;

/** Runs the samples of each part through both models; emits what it found once per bundle. */
final class CompareFn extends DoFn<ShardPart, Comparison> {
  private static final long serialVersionUID = 1;

  private final ModelFile model;
  private final ModelFile quantized;
  private final BadSampleLimit limit;
  private final Counter done = Metrics.counter(PlanParts.COUNTERS, CalibrateFn.DONE_SAMPLES);
  private final Counter badSamples = Metrics.counter(PlanParts.COUNTERS, CalibrateFn.BAD_SAMPLES);
  private transient @Nullable ComparedModels models;
  private transient @Nullable SideBySide runner;
  private transient @Nullable List<BadSample> bad;

  CompareFn(ModelFile model, ModelFile quantized, long maxBadSamples) {
    this.model = model;
    this.quantized = quantized;
    this.limit = new BadSampleLimit(maxBadSamples);
  }

  @Setup
  public void setup() {
    FinalFailure.unlessRepeatable(this::prepare);
  }

  private void prepare() {
    ComparedModels acquired = ComparedModels.acquire(model, quantized);
    models = acquired;
    runner = acquired.newRunner();
  }

  @StartBundle
  public void startBundle() {
    runner().reset();
    bad = new ArrayList<>();
  }

  @ProcessElement
  public void process(@Element ShardPart part) {
    FinalFailure.unlessRepeatable(() -> compare(part));
  }

  private void compare(ShardPart part) {
    runner()
        .compare(
            part,
            id -> done.inc(),
            sample -> {
              limit.count(sample);
              badSamples.inc();
              bad().add(sample);
            });
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    Comparison setAside =
        new Comparison(new TreeMap<>(), List.of(), new TreeMap<>(), new TreeMap<>(), bad());
    context.output(
        Comparison.merge(runner().take(), setAside),
        GlobalWindow.INSTANCE.maxTimestamp(),
        GlobalWindow.INSTANCE);
  }

  @Teardown
  public void teardown() {
    if (runner != null) {
      runner.close();
      runner = null;
    }
    if (models != null) {
      models.release();
      models = null;
    }
  }

  private SideBySide runner() {
    return Objects.requireNonNull(runner, "used before setup");
  }

  private List<BadSample> bad() {
    return Objects.requireNonNull(bad, "used before a bundle");
  }
}
