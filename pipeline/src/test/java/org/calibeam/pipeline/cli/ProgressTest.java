package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.calibeam.pipeline.observe.ProgressCounts;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final Map<String, Long> PATHS = Map.of("main", 256L, "main/true_graph_0", 200L);

  private static ProgressCounts counts(long done, long expected) {
    return new ProgressCounts(expected, done, 0, new TreeMap<>());
  }

  @Test
  void line_halfDone_tellsRateAndTimeLeft() {
    assertThat(Progress.line("calibrating", counts(256, 512), 64))
        .isEqualTo("calibrating: 256 of 512 samples (50 %), 4.0/s, 1:04 left");
  }

  @Test
  void line_codePaths_tellsHowManyTookEachBranch() {
    ProgressCounts counts = new ProgressCounts(512, 250, 6, new TreeMap<>(PATHS));

    assertThat(Progress.line("calibrating", counts, 64))
        .isEqualTo("calibrating: 256 of 512 samples (50 %), 4.0/s, 1:04 left; true_graph_0 200");
  }

  @Test
  void line_nothingDone_guessesNothing() {
    assertThat(Progress.line("calibrating", counts(0, 512), 3))
        .isEqualTo("calibrating: 0 of 512 samples (0 %), 0.0/s, ? left");
    assertThat(Progress.line("evaluating", counts(0, 0), 3))
        .isEqualTo("evaluating: looking at the samples");
  }

  @Test
  void line_manyHours_showsThem() {
    assertThat(Progress.line("calibrating", counts(1, 7201), 1)).endsWith("2:00:00 left");
  }

  @Test
  void line_partsRunAgain_neverExceedsWhatThereIs() {
    assertThat(Progress.line("calibrating", counts(700, 512), 1)).contains("512 of 512");
  }

  @Test
  void json_halfDone_hasAllThatTheLineHas() {
    ProgressCounts counts = new ProgressCounts(512, 250, 6, new TreeMap<>(PATHS));

    assertThat(Progress.json("calibrating", counts, 64))
        .isEqualTo(
            "{\"event\":\"progress\",\"what\":\"calibrating\",\"done\":256,\"bad\":6,\"samplesPerSecond\":4.0,\"expected\":512,\"secondsLeft\":64,\"codePaths\":{\"main\":256,\"main/true_graph_0\":200}}");
  }
}
