package org.calibeam.core.observe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.calibeam.core.qspec.QParams;
import org.calibeam.core.qspec.QuantizationSpec;

/**
 * The range with the least squared quantization error, as {@link QuantizationError} measures it.
 *
 * <p>The ends are searched as multiples of the true min and max: a geometric grid over a coarse
 * histogram first, since the error has several valleys; then the exact error is followed downhill
 * from the lowest grid points. The choices of {@code minmax} and {@code histogram} are candidates
 * too, so the result is never worse than theirs.
 */
record MseCalibrator() implements Calibrator {
  /** Ratio of neighbouring fractions of the grid. */
  private static final double GRID_RATIO = 0.87;

  /** Fractions of each end where both are searched; the least is 1.2 * 0.87^39 = 0.005. */
  private static final int GRID_BOTH = 40;

  /** Fractions where only one end, or the larger magnitude, is searched. */
  private static final int GRID_ONE = 120;

  private static final double GRID_ONE_RATIO = 0.955;

  /** The greatest fraction: beyond the extremes a grid of integers may fit few values better. */
  private static final double MOST = 1.2;

  private static final int COARSE_PIECES = 256;

  /** Grid points that the exact error is followed from. */
  private static final int STARTS = 4;

  /** The first downhill step, a little more than half of the grid's. */
  private static final double FIRST_STEP = 0.08;

  /** The last downhill step; int8 scales closer than this differ in nothing that matters. */
  private static final double LAST_STEP = 5e-4;

  /** Fractions of the true min and max. */
  private record Ends(double low, double high) {}

  private record Scored(Ends ends, double error) {}

  @Override
  public Range range(Statistic statistic, QuantizationSpec.Observed spec) {
    if (statistic.min() == 0 && statistic.max() == 0) {
      return new Range(0, 0);
    }
    Search search = new Search(statistic, spec);
    List<Scored> coarse = new ArrayList<>();
    Distribution outline = search.density.coarse(COARSE_PIECES);
    for (Ends ends : search.grid()) {
      coarse.add(new Scored(ends, search.error(outline, ends)));
    }
    coarse.sort(Comparator.comparingDouble(Scored::error));

    Range best = Calibrator.histogram().range(statistic, spec);
    double least = search.error(best);
    List<Ends> starts = new ArrayList<>(List.of(new Ends(1, 1), search.ends(best)));
    coarse.subList(0, STARTS).forEach(scored -> starts.add(scored.ends()));
    for (Ends start : starts) {
      Scored found = search.downhill(start);
      if (found.error() < least) {
        best = search.range(found.ends());
        least = found.error();
      }
    }
    return best;
  }

  @Override
  public String name() {
    return "mse";
  }

  private static final class Search {
    private final QuantizationSpec.Observed spec;
    private final Distribution density;
    private final float min;
    private final float max;
    private final boolean both;

    Search(Statistic statistic, QuantizationSpec.Observed spec) {
      this.spec = spec;
      density = Distribution.of(statistic);
      min = Math.min(statistic.min(), 0);
      max = Math.max(statistic.max(), 0);
      both = min < 0 && max > 0 && !spec.qscheme().isSymmetric();
    }

    List<Ends> grid() {
      List<Ends> grid = new ArrayList<>();
      if (!both) {
        for (int i = 0; i < GRID_ONE; i++) {
          double fraction = MOST * Math.pow(GRID_ONE_RATIO, i);
          grid.add(new Ends(fraction, fraction));
        }
        return grid;
      }
      for (int i = 0; i < GRID_BOTH; i++) {
        for (int j = 0; j < GRID_BOTH; j++) {
          grid.add(new Ends(MOST * Math.pow(GRID_RATIO, i), MOST * Math.pow(GRID_RATIO, j)));
        }
      }
      return grid;
    }

    Range range(Ends ends) {
      if (spec.qscheme().isSymmetric()) {
        // One bound for both signs: the fraction is of the larger magnitude.
        float bound = finite(Math.max(-min, max) * ends.high());
        return new Range(-bound, bound);
      }
      return new Range(finite(min * ends.low()), finite(max * ends.high()));
    }

    /** Beyond the extremes may be beyond float32. */
    private static float finite(double bound) {
      return (float) Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, bound));
    }

    Ends ends(Range range) {
      if (spec.qscheme().isSymmetric()) {
        double fraction = Math.max(-range.min(), range.max()) / (double) Math.max(-min, max);
        return new Ends(fraction, fraction);
      }
      return new Ends(
          min == 0 ? 1 : Math.min(range.min(), 0) / (double) min,
          max == 0 ? 1 : Math.max(range.max(), 0) / (double) max);
    }

    double error(Distribution of, Ends ends) {
      return error(of, range(ends));
    }

    double error(Range range) {
      return error(density, range);
    }

    private double error(Distribution of, Range range) {
      return QuantizationError.squared(
          of, QParams.covering(spec, new float[] {range.min()}, new float[] {range.max()}));
    }

    /** The lowest point found when steps that help are taken and ever smaller ones tried. */
    Scored downhill(Ends start) {
      Scored best = new Scored(start, error(density, start));
      for (double step = FIRST_STEP; step >= LAST_STEP; step /= 2) {
        Scored before;
        do {
          before = best;
          for (Ends next : neighbours(best.ends(), step)) {
            double error = error(density, next);
            if (error < best.error()) {
              best = new Scored(next, error);
            }
          }
        } while (best.error() < before.error());
      }
      return best;
    }

    private List<Ends> neighbours(Ends at, double step) {
      double down = 1 - step;
      double up = 1 / down;
      if (!both) {
        return List.of(scaled(at, down, down), scaled(at, up, up));
      }
      return List.of(
          scaled(at, down, 1),
          scaled(at, up, 1),
          scaled(at, 1, down),
          scaled(at, 1, up),
          scaled(at, down, down),
          scaled(at, up, up));
    }

    private static Ends scaled(Ends ends, double low, double high) {
      return new Ends(Math.min(MOST, ends.low() * low), Math.min(MOST, ends.high() * high));
    }
  }
}
