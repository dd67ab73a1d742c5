package org.calibeam.pipeline.analyze;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What is wanted of a mix. With a share the best SQNR of those mixes that have it; with an SQNR the
 * largest share of those mixes that reach it; with both the best SQNR of those that have the share,
 * and it must reach the SQNR.
 *
 * @param int8Share least share of the multiply-accumulates in int8
 * @param sqnrDb least SQNR
 */
public record Goal(OptionalDouble int8Share, OptionalDouble sqnrDb) {
  /** SQNR that is looked for if nothing else is asked, in dB. */
  public static final double DEFAULT_SQNR = 20;

  /** The point to propose, empty if none does. */
  Optional<Curve.Point> choose(List<Curve.Point> curve) {
    double share = int8Share.orElse(0);
    double sqnr = sqnrDb.orElse(int8Share.isPresent() ? Double.NEGATIVE_INFINITY : DEFAULT_SQNR);
    Comparator<Curve.Point> best =
        int8Share.isPresent()
            ? Comparator.comparingDouble(p -> p.measured().sqnrDb())
            : Comparator.comparingDouble((Curve.Point p) -> p.measured().share(Mode.A8W8))
                .thenComparingDouble(p -> p.measured().sqnrDb());
    return curve.stream()
        .filter(p -> p.measured().share(Mode.A8W8) >= share && p.measured().sqnrDb() >= sqnr)
        .max(best);
  }

  /**
   * Mixes to try next: those between the last on the curve that has too much int8 or noise and the
   * first after it that has not. Empty once these are neighbours.
   */
  List<Integer> between(
      List<Curve.Planned> plan, Set<Integer> tried, Function<Mix, Measurement> known, int most) {
    int from = -1;
    int to = -1;
    for (int i : new TreeSet<>(tried)) {
      if (isBeyond(known.apply(plan.get(i).mix()))) {
        to = i;
        break;
      }
      from = i;
    }
    List<Integer> more = new ArrayList<>();
    if (from < 0 || to < 0) {
      return more;
    }
    for (int k = 1; k <= most; k++) {
      int i = from + (int) Math.round((to - from) * k / (most + 1.0));
      if (!tried.contains(i) && !more.contains(i)) {
        more.add(i);
      }
    }
    return more;
  }

  /** With a share: whether there is too little int8 left; else: whether the SQNR is reached. */
  private boolean isBeyond(Measurement measured) {
    return int8Share.isPresent()
        ? measured.share(Mode.A8W8) < int8Share.getAsDouble()
        : measured.sqnrDb() >= sqnrDb.orElse(DEFAULT_SQNR);
  }
}
