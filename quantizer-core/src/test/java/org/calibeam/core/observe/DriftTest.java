package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DriftTest {
  private static Statistic of(float... values) {
    return StatisticTest.of(Histogram.DEFAULT_BINS, values);
  }

  @Test
  void jensenShannon_sameData_isZero() {
    float[] values = Awkward.random(1, 5000, -3, 8);
    Statistic once = of(values);
    assertThat(Drift.jensenShannon(once, once)).isZero();
    assertThat(Drift.jensenShannon(once, Statistic.merge(once, once))).isZero();
  }

  @Test
  void jensenShannon_nothingInCommon_isOne() {
    assertThat(Drift.jensenShannon(of(1f, 2f), of(-1f, -2f))).isEqualTo(1);
    assertThat(Drift.jensenShannon(of(0f), of(Float.NaN))).isEqualTo(1);
  }

  @Test
  void jensenShannon_otherWidth_comparesAtTheWider() {
    // 0.5 and 0.75 share a bin once the bins are as wide as 1000 needs.
    double distance = Drift.jensenShannon(of(0.5f, 1000f), of(0.75f, 1000f));
    assertThat(distance).isZero();
  }

  @Test
  void jensenShannon_halfMoved_isTheFormulas() {
    // p = (1, 0), q = (1/2, 1/2): divergence 1/2 log2(4/3) + 1/4 log2(2/3) + 1/4 log2(2).
    double log2 = Math.log(2);
    double divergence =
        (0.5 * Math.log(4 / 3.0) + 0.25 * Math.log(2 / 3.0) + 0.25 * Math.log(2)) / log2;
    assertThat(Drift.jensenShannon(of(1f), of(1f, -1f)))
        .isCloseTo(Math.sqrt(divergence), within(1e-12));
    assertThat(Drift.jensenShannon(of(1f, -1f), of(1f)))
        .isCloseTo(Math.sqrt(divergence), within(1e-12));
  }

  @Test
  void jensenShannon_shiftedData_growsWithTheShift() {
    Statistic base = of(Awkward.random(1, 50_000, -1, 1));
    double small = Drift.jensenShannon(base, of(Awkward.random(2, 50_000, -0.95, 1.05)));
    double large = Drift.jensenShannon(base, of(Awkward.random(3, 50_000, -0.5, 1.5)));
    assertThat(large).isGreaterThan(small + 0.1);
  }

  @Test
  void jensenShannon_emptyOrOtherBins_isRefused() {
    assertThatThrownBy(() -> Drift.jensenShannon(of(1f), Statistic.EMPTY))
        .isInstanceOf(SamplesException.class);
    assertThatThrownBy(() -> Drift.jensenShannon(Statistic.empty(64), Statistic.empty(128)))
        .hasMessageContaining("64 bins")
        .hasMessageContaining("128 bins");
  }

  @Test
  void jensenShannonInClasses_fewValuesOfOneSource_staySmall() {
    for (int seed = 1; seed <= 20; seed++) {
      Statistic earlier = of(Awkward.random(seed, 20_000, -3, 8));
      for (int n : new int[] {50, 300, 2000}) {
        Statistic later = of(Awkward.random(seed + 100, n, -3, 8));
        assertThat(Drift.jensenShannonInClasses(earlier, later))
            .as("seed %d, %d values", seed, n)
            .isLessThan(0.25);
      }
      assertThat(Drift.jensenShannonInClasses(earlier, earlier)).isZero();
    }
  }

  @Test
  void jensenShannonInClasses_otherSource_isLarge() {
    Statistic earlier = of(Awkward.random(1, 20_000, 0, 1));
    float[] scaled = Awkward.random(2, 500, 0, 1);
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= 100;
    }
    assertThat(Drift.jensenShannonInClasses(earlier, of(scaled))).isGreaterThan(0.9);
    assertThat(Drift.jensenShannonInClasses(earlier, of(Awkward.random(3, 500, -1, 0))))
        .isEqualTo(1);
  }

  @Test
  void jensenShannonInClasses_zerosAndNothing_areClasses() {
    assertThat(Drift.jensenShannonInClasses(of(0f, 0f), of(1f, 2f))).isEqualTo(1);
    assertThat(Drift.jensenShannonInClasses(of(0f), of(0f, 0f, 0f))).isZero();
    assertThat(Drift.jensenShannonInClasses(of(1f), Statistic.EMPTY)).isZero();
    assertThat(Drift.jensenShannonInClasses(of(1f), of(Float.POSITIVE_INFINITY))).isEqualTo(1);
    assertThat(Drift.jensenShannonInClasses(of(1f), of(Float.NaN))).isZero();
  }
}
