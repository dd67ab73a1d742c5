package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.testing.CombineFnTester;
import org.junit.jupiter.api.Test;

class AgreementTest {

  @Test
  void merge_anySplitAndOrder_isExact() {
    List<Agreement> list = new ArrayList<>();
    Random random = new Random(3);
    for (int i = 0; i < 20; i++) {
      list.add(
          new Agreement(
              1,
              new BigDecimal(random.nextDouble() * 1e9),
              new BigDecimal(random.nextDouble() * 1e-9),
              1,
              i % 2,
              0));
    }
    Agreement expected = list.stream().reduce(Agreement.EMPTY, Agreement::merge);

    CombineFnTester.testCombineFn(new MergeAgreements(), list, expected);
    assertThat(expected.top1()).isEqualTo(0.5);
  }

  @Test
  void coder_anyAgreement_isDeterministicAndReversible() throws Exception {
    Agreement a = new Agreement(2, new BigDecimal("1.50"), new BigDecimal("0.00"), 4, 3, 1);

    CoderProperties.coderDecodeEncodeEqual(AgreementCoder.of(), a);
    CoderProperties.coderDeterministic(
        AgreementCoder.of(), a, new Agreement(2, new BigDecimal("1.5"), BigDecimal.ZERO, 4, 3, 1));
  }

  @Test
  void sqnr_hundredTimesTheNoise_isTwentyDecibels() {
    Agreement a = new Agreement(1, new BigDecimal(100), BigDecimal.ONE, 0, 0, 0);

    assertThat(a.sqnr()).isCloseTo(20, within(1e-12));
    assertThat(Agreement.EMPTY.sqnr()).isInfinite();
    assertThat(a.top1()).isNaN();
  }
}
