package org.calibeam.pipeline.analyze;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The mixes worth trying, from the most int8 to the least. First everything; then, what does no
 * multiply-accumulates stays in floating point, and of the rest everything begins in int8, and
 * units leave it in the order of the noise that they add for each multiply-accumulate, which loses
 * the least int8 for the noise that it spares as long as noises add up.
 */
final class Curve {
  /**
   * A unit that leaves int8 goes to int16 if that spares this share of its noise, else to float.
   */
  private static final double SPARED = 0.75;

  private Curve() {}

  /**
   * A mix along the curve.
   *
   * @param int8Share of the multiply-accumulates
   * @param noise predicted, relative to the signal: the sum of what units add alone
   * @param moved modules that left int8, the first first
   */
  record Planned(Mix mix, double int8Share, double noise, List<String> moved) {}

  /** A mix that was tried. */
  record Point(Planned planned, Measurement measured) {}

  static List<Planned> plan(List<Unit> units, List<UnitCost> costs) {
    long macs = Unit.macs(units);
    List<UnitCost> order =
        costs.stream()
            .filter(c -> c.unit().macs() > 0)
            .sorted(
                Comparator.comparingDouble((UnitCost c) -> -c.noise(Mode.A8W8) / c.unit().macs())
                    .thenComparing(c -> c.unit().module()))
            .toList();
    Mix mix = Mix.all(units, Mode.FLOAT);
    double noise = 0;
    long int8 = 0;
    for (UnitCost cost : order) {
      mix = mix.with(cost.unit(), Mode.A8W8);
      noise += cost.noise(Mode.A8W8);
      int8 += cost.unit().macs();
    }
    List<Planned> plan = new ArrayList<>();
    List<String> moved = new ArrayList<>();
    plan.add(new Planned(mix, share(int8, macs), noise, List.of()));
    for (UnitCost cost : order) {
      Mode mode =
          cost.noise(Mode.A16W8) <= (1 - SPARED) * cost.noise(Mode.A8W8) ? Mode.A16W8 : Mode.FLOAT;
      mix = mix.with(cost.unit(), mode);
      noise += cost.noise(mode) - cost.noise(Mode.A8W8);
      int8 -= cost.unit().macs();
      moved.add(cost.unit().module());
      plan.add(new Planned(mix, share(int8, macs), noise, List.copyOf(moved)));
    }
    return plan;
  }

  private static double share(long part, long all) {
    return all == 0 ? 0 : (double) part / all;
  }

  /** Everything in int8, what does no multiply-accumulates too. */
  static Planned whole(Mix everything, List<UnitCost> costs) {
    double noise = 0;
    for (UnitCost cost : costs) {
      noise += cost.noise(Mode.A8W8);
    }
    return new Planned(everything, 1, noise, List.of());
  }

  /** Numbers of about {@code n} mixes, their shares of int8 as evenly spread as they come. */
  static Set<Integer> spread(List<Planned> plan, int n) {
    Set<Integer> chosen = new LinkedHashSet<>();
    int last = plan.size() - 1;
    double most = plan.get(0).int8Share();
    for (int k = 0; k < n; k++) {
      double share = most * (1 - k / (n - 1.0));
      int nearest = 0;
      for (int i = 0; i <= last; i++) {
        if (Math.abs(plan.get(i).int8Share() - share)
            < Math.abs(plan.get(nearest).int8Share() - share)) {
          nearest = i;
        }
      }
      chosen.add(nearest);
    }
    return chosen;
  }
}
