package org.calibeam.core.quantizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.convert.Converter;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.observe.FakeQuantizer;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.prepare.TrainingProgram;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;

/**
 * Runs samples one after the other through a program that is fake-quantized as it goes. What comes
 * out depends on their order: moving averages remember, and batch norms are trained. There is no
 * merging two of these. For one thread.
 */
public final class TrainingRun implements SequentialRun {
  private final PreparedProgram prepared;
  private final Map<ObserverId, FakeQuantizer> fakeQuantizers = new TreeMap<>();
  private final Map<ObserverId, StatisticAccumulator> accumulators = new TreeMap<>();
  private final Map<CodePath, Long> samplesPerPath = new TreeMap<>();
  private final GraphRunner runner;
  private final Listener listener = new Listener();
  private boolean broken;

  /**
   * A run that has seen nothing.
   *
   * @throws ModelException if libtorch cannot run an operator of the program
   */
  public TrainingRun(PreparedProgram prepared) {
    this.prepared = prepared;
    Map<ObserverId, TensorData> frozen = new HashMap<>();
    prepared
        .observers()
        .forEach(
            (id, observer) -> {
              if (PreparedProgram.isFakeQuantize(observer)) {
                FakeQuantizer quantizer = new FakeQuantizer((Observed) observer.spec());
                fakeQuantizers.put(id, quantizer);
                if (observer instanceof PreparedObserver.Weight weight) {
                  frozen.put(id, frozen(id, weight, quantizer));
                }
              }
              if (observer instanceof PreparedObserver.Activation activation) {
                accumulators.put(id, new StatisticAccumulator(activation.bins()));
              }
            });
    Program program = TrainingProgram.of(prepared, id -> Optional.ofNullable(frozen.get(id)));
    // Weights that are trained with a batch norm are another tensor with each sample.
    trainedWeights(program).forEach(id -> fakeQuantizers.put(id, fresh(id)));
    try (CompiledProgram compiled = CompiledProgram.training(program)) {
      runner = compiled.newRunner();
    }
  }

  private FakeQuantizer fresh(ObserverId id) {
    return new FakeQuantizer(
        (Observed) Objects.requireNonNull(prepared.observers().get(id)).spec());
  }

  private Set<ObserverId> trainedWeights(Program program) {
    Set<ObserverId> trained = new LinkedHashSet<>();
    program
        .graphs()
        .forEach(
            (path, graph) ->
                graph.calls().stream()
                    .filter(c -> c.isTarget(PreparedProgram.OBSERVE))
                    .map(c -> new ObserverId(path, PreparedProgram.observerOf(c)))
                    .filter(fakeQuantizers::containsKey)
                    .filter(id -> prepared.observers().get(id) instanceof PreparedObserver.Weight)
                    .forEach(trained::add));
    return trained;
  }

  private static TensorData frozen(
      ObserverId id, PreparedObserver.Weight weight, FakeQuantizer quantizer) {
    float[] values = weight.value().toFloats();
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new ModelException(
            "Cannot quantize the constant at %s: it holds %s. Repair the model's weights."
                .formatted(id, value));
      }
    }
    return TensorData.ofFloats(
        quantizer.apply(values, weight.value().sizes()), weight.value().sizes());
  }

  @Override
  public Set<CodePath> run(List<TensorData> sample) {
    if (broken) {
      throw new IllegalStateException("A sample has failed half-way, so the state is unknown");
    }
    broken = true;
    listener.entered.clear();
    runner.run(sample, listener);
    broken = false;
    accumulators.values().forEach(StatisticAccumulator::sampleDone);
    listener.entered.forEach(path -> samplesPerPath.merge(path, 1L, Long::sum));
    return Set.copyOf(listener.entered);
  }

  @Override
  public boolean isBroken() {
    return broken;
  }

  /** Code paths that samples took, with how many. */
  public Map<CodePath, Long> samplesPerPath() {
    return Collections.unmodifiableMap(samplesPerPath);
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
    fakeQuantizers.forEach(
        (id, quantizer) -> {
          boolean isStatic = !(prepared.observers().get(id) instanceof PreparedObserver.Dynamic);
          if (isStatic && quantizer.min().length > 0) {
            requireFinite(id, quantizer);
            qparams.put(id, quantizer.qparams());
          }
        });
    return Converter.convertTrained(
        prepared,
        new Converter.Training(qparams, runner.changedConstants()),
        statistics(),
        samplesPerPath,
        options);
  }

  private static void requireFinite(ObserverId id, FakeQuantizer quantizer) {
    List<Float> ends = new ArrayList<>();
    for (float value : quantizer.min()) {
      ends.add(value);
    }
    for (float value : quantizer.max()) {
      ends.add(value);
    }
    for (float end : ends) {
      if (!Float.isFinite(end)) {
        throw new SamplesException(
            "Cannot quantize %s: its moving average has become %s. Find the sample that holds such values, or leave it in floating point."
                .formatted(id, end));
      }
    }
  }

  @Override
  public void close() {
    runner.close();
  }

  private final class Listener implements ForwardListener {
    private final Set<CodePath> entered = new LinkedHashSet<>();

    @Override
    public void enter(CodePath path) {
      entered.add(path);
    }

    @Override
    public Optional<TensorData> replace(ObserverId id, ObservedTensor value) {
      StatisticAccumulator accumulator = accumulators.get(id);
      if (accumulator != null) {
        value.addTo(accumulator);
      }
      FakeQuantizer quantizer = fakeQuantizers.get(id);
      if (quantizer != null) {
        TensorData data = float32(id, value);
        return Optional.of(
            TensorData.ofFloats(quantizer.apply(data.toFloats(), data.sizes()), data.sizes()));
      }
      if (prepared.qat()
          && prepared.observers().get(id) instanceof PreparedObserver.FixedQParams fixed) {
        TensorData data = float32(id, value);
        return Optional.of(TensorData.ofFloats(fixed(data.toFloats(), fixed.spec()), data.sizes()));
      }
      return Optional.empty();
    }

    private TensorData float32(ObserverId id, ObservedTensor value) {
      if (value.dtype() != DType.FLOAT32) {
        throw new ModelException(
            "Cannot fake-quantize %s: it is %s, only float32 is trained. Export the model in float32."
                .formatted(id, value.dtype().torchName()));
      }
      return value.toData();
    }

    private float[] fixed(float[] values, QuantizationSpec.Fixed spec) {
      float scale = (float) spec.scale();
      float inverse = 1 / scale;
      for (int i = 0; i < values.length; i++) {
        double level = Math.rint(values[i] * inverse) + spec.zeroPoint();
        level = Math.max(spec.quantMin(), Math.min(spec.quantMax(), level));
        values[i] = (float) (level - spec.zeroPoint()) * scale;
      }
      return values;
    }
  }
}
