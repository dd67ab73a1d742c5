package org.calibeam.core.convert;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.NonFinitePolicy;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.observe.StatisticAccumulator;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.qspec.ObserverKind;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QScheme;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.core.tensor.DType;

/**
 * Chooses the qparams of every observer.
 *
 * <p>A bias has the scale of its activation times that of its weight. Where it would not fit into
 * int32 with that scale, the weight's scale is raised for that channel until it does: the reference
 * lets it wrap.
 */
final class QParamsResolver {

  /**
   * Largest magnitude of an integer bias: the quantize operators clamp in float32, where 2^31 - 1
   * is not a number and its neighbour wraps.
   */
  private static final double BIAS_LIMIT = 0x1p30;

  private final Map<ObserverId, PreparedObserver> observers;
  private final Map<ObserverId, Statistic> statistics;
  private final Calibrator calibrator;
  private final Map<ObserverId, Calibrator> choices;
  private final Map<ObserverId, List<ObserverId>> sources;
  private final Map<List<ObserverId>, QParams> chosen = new ConcurrentHashMap<>();
  private final Map<ObserverId, QParams> given;
  private final Map<ObserverId, QParams> resolved = new TreeMap<>();
  private final Map<ObserverId, String> notes = new TreeMap<>();

  /**
   * @param given what was chosen elsewhere already, instead of by {@code calibrator}
   * @param sources observers whose statistics choose the qparams of one, where those are not its
   *     own alone
   */
  QParamsResolver(
      Map<ObserverId, PreparedObserver> observers,
      Map<ObserverId, Statistic> statistics,
      Map<ObserverId, QParams> given,
      Calibrator calibrator,
      Map<ObserverId, Calibrator> choices,
      Map<ObserverId, List<ObserverId>> sources) {
    this.given = given;
    this.observers = observers;
    this.statistics = statistics;
    this.calibrator = calibrator;
    this.choices = choices;
    this.sources = sources;
  }

  /** What was chosen so far; dynamic observers have none. */
  Map<ObserverId, QParams> qparams() {
    return resolved;
  }

  /** What was done beyond the plain rule, a sentence by observer. */
  Map<ObserverId, String> notes() {
    return notes;
  }

  /**
   * Resolves the observers that {@code needed} accepts.
   *
   * @throws SamplesException if one of them saw nothing, or nothing but NaN and infinity
   */
  void resolve(Predicate<ObserverId> needed) {
    chooseAhead(needed);
    observers.forEach(
        (id, observer) -> {
          if (needed.test(id) && !(observer instanceof PreparedObserver.Bias)) {
            resolve(id, observer);
          }
        });
    observers.forEach(
        (id, observer) -> {
          if (needed.test(id) && observer instanceof PreparedObserver.Bias bias) {
            resolveBias(id, bias);
          }
        });
  }

  /** Chooses the qparams of activations on all cores; those that cannot be are left out. */
  private void chooseAhead(Predicate<ObserverId> needed) {
    observers.entrySet().parallelStream()
        .filter(e -> needed.test(e.getKey()))
        .forEach(
            e -> {
              if (e.getValue() instanceof PreparedObserver.Activation activation
                  && !given.containsKey(e.getKey())) {
                try {
                  choose(sources.getOrDefault(e.getKey(), List.of(e.getKey())), activation.spec());
                } catch (SamplesException asked) {
                  // Thrown again when its turn comes: the first of several is reported.
                }
              }
            });
  }

  /**
   * Resolves the observers of an unreached path.
   *
   * @param ranges of its activations, as far as they could be derived
   * @throws SamplesException if one is missing
   */
  void borrow(CodePath path, Map<ObserverId, Interval> ranges) {
    observers.forEach(
        (id, observer) -> {
          if (id.codePath().isWithin(path)
              && observer instanceof PreparedObserver.Activation activation) {
            List<ObserverId> reached =
                sources.getOrDefault(id, List.of()).stream()
                    .filter(source -> !source.codePath().isWithin(path))
                    .toList();
            Optional<QParams> callers = choose(reached, activation.spec());
            if (callers.isPresent()) {
              resolved.put(id, callers.get());
              notes.put(id, "borrowed: the qparams that the caller has for it");
              return;
            }
            Interval range = ranges.get(id);
            if (range == null) {
              throw new SamplesException(
                  "Cannot borrow ranges for code path %s: that of %s does not follow from the path's"
                          .formatted(path, id)
                      + " operands. Add samples that take the path, or leave it in floating point.");
            }
            resolved.put(
                id,
                QParams.covering(
                    activation.spec(),
                    new float[] {(float) range.min()},
                    new float[] {(float) range.max()}));
            notes.put(id, "borrowed: derived from the ranges of the path's operands");
          }
        });
    resolve(id -> id.codePath().isWithin(path) && !resolved.containsKey(id));
  }

  /** The values that the integers of an observer stand for. */
  Optional<Interval> coveredRange(ObserverId id) {
    QParams q = resolved.get(id);
    return q == null || q.qscheme().isPerChannel()
        ? Optional.empty()
        : Optional.of(
            new Interval(
                (q.quantMin() - q.zeroPoint()) * (double) q.scale(),
                (q.quantMax() - q.zeroPoint()) * (double) q.scale()));
  }

  private void resolve(ObserverId id, PreparedObserver observer) {
    QParams known = given.get(id);
    if (known != null) {
      resolved.put(id, known);
    } else if (observer instanceof PreparedObserver.Activation activation) {
      Optional<QParams> choice = choose(id, activation.spec());
      if (choice.isEmpty()) {
        throw new SamplesException(
            "No sample gave a value to %s, so it has no scale. Add samples that reach it, or leave it"
                    .formatted(id)
                + " in floating point.");
      }
      resolved.put(id, choice.get());
    } else if (observer instanceof PreparedObserver.Weight weight) {
      resolved.put(id, ofConstant(id, weight));
    } else if (observer instanceof PreparedObserver.FixedQParams fixed) {
      QuantizationSpec.Fixed spec = fixed.spec();
      resolved.put(
          id,
          new QParams(
              new float[] {(float) spec.scale()},
              new int[] {spec.zeroPoint()},
              spec.dtype(),
              spec.quantMin(),
              spec.quantMax(),
              spec.qscheme(),
              0));
    }
  }

  private Calibrator calibratorOf(ObserverId id) {
    return choices.getOrDefault(id, calibrator);
  }

  /** Empty if there is no statistic to choose from. */
  private Optional<QParams> choose(ObserverId id, Observed spec) {
    List<ObserverId> from = sources.getOrDefault(id, List.of(id));
    Optional<QParams> choice = choose(from, spec);
    if (choice.isEmpty()) {
      return choose(List.of(id), spec);
    }
    if (!from.equals(List.of(id))) {
      notes.put(id, "from " + String.join(", ", from.stream().map(ObserverId::toString).toList()));
    }
    return choice;
  }

  private Optional<QParams> choose(List<ObserverId> from, Observed spec) {
    if (from.size() == 1 && given.containsKey(from.get(0))) {
      return Optional.of(given.get(from.get(0)));
    }
    return seen(from).map(all -> chosen.computeIfAbsent(from, f -> choose(from.get(0), all, spec)));
  }

  private Optional<Statistic> seen(List<ObserverId> from) {
    return from.stream()
        .map(statistics::get)
        .filter(s -> s != null && !s.isEmpty())
        .map(Statistic::withoutSums) // Only one of several that share a scale may have them.
        .reduce(Statistic::merge);
  }

  private QParams choose(ObserverId id, Statistic statistic, Observed spec) {
    try {
      return spec.observer() == ObserverKind.MIN_MAX
          ? Calibrator.minmax().qparams(statistic, spec)
          : calibratorOf(id).qparams(statistic, spec);
    } catch (SamplesException e) {
      throw new SamplesException("Cannot quantize %s: %s".formatted(id, e.getMessage()), e);
    }
  }

  private QParams ofConstant(ObserverId id, PreparedObserver.Weight weight) {
    Observed spec = weight.spec();
    if (weight.value().elements() == 0) {
      throw new ModelException(
          "Cannot quantize %s: the constant has no elements. Leave it in floating point."
              .formatted(id));
    }
    StatisticAccumulator accumulator = new StatisticAccumulator();
    float[] values = weight.value().toFloats();
    try {
      if (spec.qscheme().isPerChannel()) {
        return Calibrator.minmax()
            .qparams(
                StatisticAccumulator.ofWeight(values, weight.value().sizes(), spec.chAxis()),
                spec,
                NonFinitePolicy.REJECT);
      }
      accumulator.observe(FloatBuffer.wrap(values));
      accumulator.sampleDone();
      Calibrator chooser =
          spec.observer() == ObserverKind.MIN_MAX ? Calibrator.minmax() : calibratorOf(id);
      return chooser.qparams(accumulator.snapshot(), spec, NonFinitePolicy.REJECT);
    } catch (SamplesException e) {
      throw new ModelException(
          "Cannot quantize the constant at %s: %s. Repair the model's weights."
              .formatted(id, e.getMessage()),
          e);
    }
  }

  private void resolveBias(ObserverId id, PreparedObserver.Bias bias) {
    QParams activation = required(bias.activation());
    QParams weight = required(bias.weight());
    float[] weightScales = weight.scales();
    if (bias.value().isPresent()) {
      raiseScales(id, bias, activation.scale(), weightScales);
      if (!Arrays.equals(weightScales, weight.scales())) {
        weight =
            new QParams(
                weightScales,
                weight.zeroPoints(),
                weight.dtype(),
                weight.quantMin(),
                weight.quantMax(),
                weight.qscheme(),
                weight.chAxis());
        resolved.put(bias.weight(), weight);
      }
    }
    float[] scales = new float[weightScales.length];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = activation.scale() * weightScales[i];
    }
    QScheme scheme =
        weight.qscheme().isPerChannel()
            ? QScheme.PER_CHANNEL_SYMMETRIC
            : QScheme.PER_TENSOR_SYMMETRIC;
    resolved.put(
        id,
        new QParams(
            scales,
            new int[scales.length],
            DType.INT32,
            bias.spec().quantMin(),
            bias.spec().quantMax(),
            scheme,
            bias.spec().chAxis()));
  }

  private void raiseScales(
      ObserverId id, PreparedObserver.Bias bias, float activationScale, float[] weightScales) {
    float[] values = bias.value().orElseThrow().toFloats();
    int raised = 0;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new ModelException(
            "Cannot quantize the bias at %s: element %d is %s. Repair the model's weights."
                .formatted(id, i, values[i]));
      }
      int channel = weightScales.length == values.length ? i : 0;
      double least = Math.abs(values[i]) / BIAS_LIMIT / activationScale;
      if (least > weightScales[channel]) {
        weightScales[channel] = (float) least;
        raised++;
      }
    }
    if (raised > 0) {
      notes.put(
          bias.weight(),
          "the scale of %d of %d channels was raised so that the bias fits into int32"
              .formatted(raised, weightScales.length));
    }
  }

  private QParams required(ObserverId id) {
    QParams qparams = resolved.get(id);
    if (qparams == null) {
      throw new IllegalStateException("A bias derives from %s, which has no qparams".formatted(id));
    }
    return qparams;
  }
}
