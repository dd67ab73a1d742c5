package org.calibeam.pipeline.observe;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.pipeline.combine.Agreement;
import org.calibeam.pipeline.io.BadSample;
import org.calibeam.pipeline.io.InputSample;
import org.calibeam.pipeline.io.PlanParts;
import org.calibeam.pipeline.io.SampleId;
import org.calibeam.pipeline.io.ShardPart;
import org.jspecify.annotations.Nullable;

/** Runs the samples of each part through the float and the quantized model and compares. */
public final class CompareFn extends DoFn<ShardPart, Agreement> {
  private static final long serialVersionUID = 1;

  private static final PerProcess<ModelFile, CompiledProgram> MODELS =
      new PerProcess<>(model -> CompiledProgram.of(model.read()));

  private final ModelFile model;
  private final ModelFile quantized;
  private final Counter done = Metrics.counter(PlanParts.COUNTERS, CalibrateFn.DONE_SAMPLES);
  private transient @Nullable Runner expecting;
  private transient @Nullable Runner judged;

  public CompareFn(ModelFile model, ModelFile quantized) {
    this.model = model;
    this.quantized = quantized;
  }

  /** A runner that remembers which code paths the last sample took. */
  private static final class Runner implements ForwardListener {
    private final ModelFile model;
    private final GraphRunner runner;
    private final Set<CodePath> taken = new LinkedHashSet<>();

    private Runner(ModelFile model) {
      this.model = model;
      this.runner = MODELS.acquire(model).newRunner();
    }

    private List<TensorData> run(InputSample sample) {
      taken.clear();
      return runner.run(sample.inputs(), this);
    }

    @Override
    public void enter(CodePath path) {
      taken.add(path);
    }

    private void close() {
      runner.close();
      MODELS.release(model);
    }
  }

  @Setup
  public void setup() {
    expecting = new Runner(model);
    judged = new Runner(quantized);
  }

  @ProcessElement
  public void process(@Element ShardPart part, OutputReceiver<Agreement> out) {
    Runner expect = Objects.requireNonNull(expecting, "used before setup");
    Runner judge = Objects.requireNonNull(judged, "used before setup");
    Comparing visitor = new Comparing(part.shard().path(), expect, judge);
    part.read(visitor);
    out.output(visitor.agreement);
  }

  private final class Comparing implements ShardPart.Visitor {
    private final String source;
    private final Runner expect;
    private final Runner judge;
    private Agreement agreement = Agreement.EMPTY;

    private Comparing(String source, Runner expect, Runner judge) {
      this.source = source;
      this.expect = expect;
      this.judge = judge;
    }

    @Override
    public void sample(InputSample sample) {
      try {
        List<TensorData> expected = expect.run(sample);
        List<TensorData> actual = judge.run(sample);
        boolean flipped = !expect.taken.equals(judge.taken);
        agreement = Agreement.merge(agreement, OutputComparison.of(expected, actual, flipped));
        done.inc();
      } catch (SamplesException e) {
        throw bad(sample.id(), BadSample.RUN, String.valueOf(e.getMessage()), e);
      }
    }

    @Override
    public void unreadable(SampleId id, String reason) {
      throw bad(id, BadSample.READ, reason, null);
    }

    private SamplesException bad(
        SampleId id, String stage, String reason, @Nullable SamplesException cause) {
      String complaint = new BadSample(id, stage, reason, source).complaint();
      return cause == null
          ? new SamplesException(complaint)
          : new SamplesException(complaint, cause);
    }
  }

  @Teardown
  public void teardown() {
    if (expecting != null) {
      expecting.close();
      expecting = null;
    }
    if (judged != null) {
      judged.close();
      judged = null;
    }
  }
}
