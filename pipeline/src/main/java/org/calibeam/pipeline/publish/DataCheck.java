package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.function.IntPredicate;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedObserver;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.QuantizationSpec.Observed;
import org.calibeam.pipeline.combine.Extremes;
import org.calibeam.pipeline.observe.Folds;

/**
 * Whether there was enough data: how far the scale of each tensor moves when only half of the
 * shards are there, or one is left out. Scales are those of the histogram calibrator.
 *
 * <p>With more than {@link Folds#MOST} shards, groups of neighbouring ones stand for them.
 *
 * @param shards paths in order
 * @param groups statistics by group of shards
 * @param extremes which shards hold the least and the greatest value
 */
record DataCheck(
    List<String> shards,
    Map<ObserverId, SortedMap<Integer, Statistic>> groups,
    Map<ObserverId, Extremes> extremes) {
  /** A tensor whose scale moves by more is named. */
  static final double MOST = 0.05;

  /** {@code {"groups": 4, "moved": […]}}; {@code moved} is ordered by observer. */
  ObjectNode toJson(PreparedProgram prepared) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    int count = Math.min(Folds.MOST, shards.size());
    node.put("shards", shards.size()).put("groups", count);
    ArrayNode moved = node.putArray("moved");
    if (count > 1) {
      groups.forEach(
          (id, statistics) -> {
            if (prepared.observers().get(id) instanceof PreparedObserver.Activation activation) {
              check(id, new Scales(statistics, activation.spec()), count, moved);
            }
          });
    }
    return node;
  }

  private void check(ObserverId id, Scales scales, int count, ArrayNode moved) {
    OptionalDouble whole = scales.of(group -> true);
    if (whole.isEmpty()) {
      return;
    }
    double scale = whole.getAsDouble();
    OptionalDouble first = scales.of(group -> group < count / 2);
    OptionalDouble second = scales.of(group -> group >= count / 2);
    double most = Math.max(moved(first, scale), moved(second, scale));
    int worst = -1;
    double worstScale = scale;
    for (int left = 0; left < count; left++) {
      int out = left;
      OptionalDouble without = scales.of(group -> group != out);
      if (moved(without, scale) > moved(OptionalDouble.of(worstScale), scale)) {
        worst = left;
        worstScale = without.orElse(scale);
      }
    }
    most = Math.max(most, moved(OptionalDouble.of(worstScale), scale));
    if (most <= MOST) {
      return;
    }
    ObjectNode node =
        moved
            .addObject()
            .put("codePath", id.codePath().text())
            .put("observer", id.name())
            .put("scale", scale);
    first.ifPresent(s -> node.put("firstHalf", s));
    second.ifPresent(s -> node.put("secondHalf", s));
    if (worst >= 0) {
      ObjectNode without = node.putObject("leavingOut").put("scale", worstScale);
      members(worst, count).forEach(without.putArray("shards")::add);
    }
    Extremes owned = extremes.get(id);
    if (owned != null) {
      node.putObject("least")
          .put("value", owned.least().value())
          .put("shard", owned.least().shard());
      node.putObject("greatest")
          .put("value", owned.greatest().value())
          .put("shard", owned.greatest().shard());
    }
  }

  /** By which share of {@code scale} another one differs; a part that saw nothing says nothing. */
  private static double moved(OptionalDouble other, double scale) {
    return other.isPresent() ? Math.abs(other.getAsDouble() / scale - 1) : 0;
  }

  private List<String> members(int group, int count) {
    return shards.subList(
        (int) ((long) group * shards.size() / count),
        (int) ((long) (group + 1) * shards.size() / count));
  }

  /** Scales from some of the groups. */
  private record Scales(SortedMap<Integer, Statistic> groups, Observed spec) {

    /** Empty if the groups saw no value, or none that gives a scale. */
    OptionalDouble of(IntPredicate wanted) {
      Statistic sum =
          groups.entrySet().stream()
              .filter(e -> wanted.test(e.getKey()))
              .map(Map.Entry::getValue)
              .reduce(Statistic::merge)
              .orElse(Statistic.EMPTY);
      if (sum.counts().finite() == 0 || spec.qscheme().isPerChannel()) {
        return OptionalDouble.empty();
      }
      try {
        return OptionalDouble.of(Calibrator.histogram().qparams(sum, spec).scale());
      } catch (SamplesException e) {
        return OptionalDouble.empty();
      }
    }
  }
}
