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
  /** A point of fewer values has some bins with one: where in the bin it lies is not kept. */
  private static final long FEW = 2048;

  /** The error is of the values, the choice of their bins, which blur it by this much. */
  private static final double BLUR = 2e-3;

  @ParameterizedTest
  @ValueSource(strings = {"small_cnn", "segmenter", "early_exit_digits"})
  void points_activationsOfAModel_areNotAboveTheReference(String model) throws IOException {
    List<Point> points = new CalibratorEvidence(Fixtures.file(model)).points();
    assertThat(points).isNotEmpty();
    assertThat(points).allMatch(point -> point.histogram() <= 1.01);
    List<Point> many = points.stream().filter(point -> point.values() >= FEW).toList();
    assertThat(many).allMatch(point -> point.mse() <= 1 + BLUR);
  }
}
