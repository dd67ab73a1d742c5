package org.calibeam.pipeline.combine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.beam.sdk.testing.CoderProperties;
import org.junit.jupiter.api.Test;

class ExtremesTest {
  private static final List<Extremes> SEVERAL =
      List.of(
          Extremes.of(-1, 5, "in/c.npz"),
          Extremes.of(-3, 2, "in/a.npz"),
          Extremes.of(0, 5, "in/b.npz"),
          Extremes.of(-3, 0, "in/d.npz"));

  private static final Extremes ALL =
      new Extremes(new Extremes.Owned(-3, "in/a.npz"), new Extremes.Owned(5, "in/b.npz"));

  @Test
  void merge_equalValues_belongToTheFirstPath() {
    assertThat(SEVERAL.stream().reduce(Extremes::merge)).contains(ALL);
  }

  @Test
  void coder_anyExtremes_isDeterministicAndReversible() throws Exception {
    CoderProperties.coderDecodeEncodeEqual(
        ExtremesCoder.of(), Extremes.of(-3.4e38f, Float.MIN_VALUE, "in/é.npz"));
    CoderProperties.coderDeterministic(
        ExtremesCoder.of(), ALL, SEVERAL.stream().reduce(Extremes::merge).orElseThrow());
    CoderProperties.coderSerializable(ExtremesCoder.of());
    ExtremesCoder.of().verifyDeterministic();
  }
}
