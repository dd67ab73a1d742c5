package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.quantizer.CalibratorEvidence.Point;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The calibrators on the activations of whole models, held to the reference's own choice. */
class CalibratorEvidenceTest {
  @ParameterizedTest
  @ValueSource(strings = {"small_cnn", "segmenter", "early_exit_digits", "nested_control_flow"})
  void points_activationsOfAModel_areNotAboveTheReference(String model) throws IOException {
    List<Point> points = new CalibratorEvidence(Fixtures.file(model)).points();
    assertThat(points).isNotEmpty();
    assertThat(points).allMatch(point -> point.histogram() <= 1.01);
    assertThat(points).allMatch(point -> point.mse() <= 1);
  }
}
