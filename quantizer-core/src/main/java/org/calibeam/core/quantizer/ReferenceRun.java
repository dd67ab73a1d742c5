package org.calibeam.core.quantizer;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.convert.Converter;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.ReferenceHistogramObserver;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.TensorData;

/**
 * Observes as the Python quantizer does: a {@link ReferenceHistogramObserver} wherever its specs
 * name a histogram observer, constants included, which it meets once per sample. Its min/max
 * observers need no order, so the {@link Statistic} answers for those.
 *
 * <p>A sample counts wholly or not at all: what it shows is kept until it has run to its end.
 */
public final class ReferenceRun implements SequentialRun {
  private final PreparedProgram prepared;
  private final GraphRunner runner;
  private final Map<ObserverId, ReferenceHistogramObserver> observers = new TreeMap<>();
  private final Map<ObserverId, StatisticAccumulator> accumulators = new TreeMap<>();
  private final Map<CodePath, Long> samplesPerPath = new TreeMap<>();

  /**
   * A run that has seen nothing.
   *
   * @throws org.calibeam.core.graph.ModelException if libtorch cannot run an operator of it
   * @throws IllegalArgumentException if {@code prepared} is to be trained
   */
  public ReferenceRun(PreparedProgram prepared) {
    if (prepared.isSequential()) {
      throw new IllegalArgumentException("Fake quantization has observers of its own");
    }
    this.prepared = prepared;
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (observer instanceof PreparedObserver.Activation activation) {
                accumulators.put(id, new StatisticAccumulator(activation.bins()));
                if (isHistogram(activation.spec())) {
                  observers.put(id, new ReferenceHistogramObserver());
                }
              }
            });
    try (CompiledProgram compiled = CompiledProgram.of(prepared)) {
      runner = compiled.newRunner();
    }
  }

  private static boolean isHistogram(Observed spec) {
    return spec.observer() == ObserverKind.HISTOGRAM && !spec.qscheme().isPerChannel();
  }

  @Override
  public Set<CodePath> run(List<TensorData> sample) {
    Shown shown = new Shown();
    try {
      runner.run(sample, shown);
    } catch (SamplesException e) {
      accumulators.values().forEach(StatisticAccumulator::discardSample);
      throw e;
    }
    accumulators.values().forEach(StatisticAccumulator::sampleDone);
    shown.tensors.forEach(t -> t.observer().observe(t.values()));
    shown.entered.forEach(path -> samplesPerPath.merge(path, 1L, Long::sum));
    return Set.copyOf(shown.entered);
  }

  @Override
  public boolean isBroken() {
    return false;
  }

  @Override
  public Map<ObserverId, Statistic> statistics() {
    Map<ObserverId, Statistic> all = new TreeMap<>();
    accumulators.forEach((id, accumulator) -> all.put(id, accumulator.snapshot()));
    return all;
  }

  @Override
  public ConvertedProgram convert(ConvertOptions options) {
    Map<ObserverId, QParams> qparams = new TreeMap<>();
    Map<ObserverId, Calibrator> choices = CalibratorChoice.resolve(options.choices(), prepared);
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (choices.containsKey(id) && !choices.get(id).isSequential()) {
                return;
              }
              if (observer instanceof PreparedObserver.Activation activation) {
                ReferenceHistogramObserver seen = observers.get(id);
                if (seen != null && seen.min() <= seen.max()) {
                  qparams.put(id, seen.qparams(activation.spec()));
                }
              } else if (observer instanceof PreparedObserver.Weight constant
                  && isHistogram(constant.spec())) {
                qparams.put(id, ofConstant(id, constant));
              }
            });
    return Converter.convert(prepared, statistics(), qparams, samplesPerPath, options);
  }

  /** Once per sample that reached its graph, as the reference's observer sees it. */
  private QParams ofConstant(ObserverId id, PreparedObserver.Weight constant) {
    ReferenceHistogramObserver observer = new ReferenceHistogramObserver();
    long times = Math.max(1, samplesPerPath.getOrDefault(id.codePath(), 1L));
    observer.observe(constant.value().toFloats(), times);
    return observer.qparams(constant.spec());
  }

  @Override
  public void close() {
    runner.close();
  }

  private record Tensor(ReferenceHistogramObserver observer, float[] values) {}

  /** What one sample shows. */
  private final class Shown implements ForwardListener {
    private final Set<CodePath> entered = new LinkedHashSet<>();
    private final List<Tensor> tensors = new ArrayList<>();

    @Override
    public void enter(CodePath path) {
      entered.add(path);
    }

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      StatisticAccumulator accumulator = accumulators.get(id);
      if (accumulator == null) {
        return;
      }
      accumulator.observe(value.floats(), value.min(), value.max());
      ReferenceHistogramObserver observer = observers.get(id);
      if (observer != null) {
        if (Float.isNaN(value.min())) {
          throw new SamplesException(
              "%s holds NaN, for which the reference's histogram observer has no bin"
                  .formatted(id));
        }
        FloatBuffer floats = value.floats();
        float[] values = new float[floats.remaining()];
        floats.duplicate().get(values);
        tensors.add(new Tensor(observer, values));
      }
    }
  }
}
