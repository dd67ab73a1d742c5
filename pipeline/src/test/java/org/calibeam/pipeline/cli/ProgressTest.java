package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressTest {

  @Test
  void line_halfDone_tellsRateAndTimeLeft() {
    assertThat(Progress.line("calibrating", 256, 512, 64))
        .isEqualTo("calibrating: 256 of 512 samples (50 %), 4.0/s, 1:04 left");
  }

  @Test
  void line_nothingDone_guessesNothing() {
    assertThat(Progress.line("calibrating", 0, 512, 3))
        .isEqualTo("calibrating: 0 of 512 samples (0 %), 0.0/s, ? left");
    assertThat(Progress.line("evaluating", 0, 0, 3))
        .isEqualTo("evaluating: looking at the samples");
  }

  @Test
  void line_manyHours_showsThem() {
    assertThat(Progress.line("calibrating", 1, 7201, 1)).endsWith("2:00:00 left");
  }
}
