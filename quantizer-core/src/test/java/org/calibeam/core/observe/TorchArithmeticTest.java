package org.calibeam.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchArithmeticTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void remainder_anyValues_isTheOperators(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200_000; i++) {
      float b = Math.scalb(1 + (float) random.nextDouble(), random.nextInt(-20, 20));
      float multiple =
          random.nextBoolean()
              ? b * random.nextInt(-5000, 5000)
              : Math.scalb((float) random.nextDouble(-1, 1), random.nextInt(-20, 60));
      float a =
          switch (random.nextInt(3)) {
            case 0 -> Math.nextUp(multiple);
            case 1 -> Math.nextDown(multiple);
            default -> multiple;
          };
      assertThat(TorchArithmetic.remainder(a, b))
          .as("seed %d: %s %% %s", seed, a, b)
          .matches(r -> r == a % b, "the remainder");
    }
  }
}
