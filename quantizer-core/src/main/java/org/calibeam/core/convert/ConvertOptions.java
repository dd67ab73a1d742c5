package org.calibeam.core.convert;

import java.util.List;
import org.calibeam.core.observe.Calibrator;

/**
 * How statistics become qparams.
 *
 * @param calibrator chooses the ranges of activations
 * @param choices other calibrators for some of them; a later one wins over an earlier
 * @param minSamplesPerPath least number of samples that must have reached a code path; at least 1
 * @param unreached what becomes of a path with fewer
 * @param controlFlow for whom branches are written
 */
public record ConvertOptions(
    Calibrator calibrator,
    List<CalibratorChoice> choices,
    long minSamplesPerPath,
    UnreachedPathPolicy unreached,
    ControlFlowForm controlFlow) {
  public static final ConvertOptions DEFAULT =
      new ConvertOptions(
          Calibrator.histogram(), List.of(), 1, UnreachedPathPolicy.FAIL, ControlFlowForm.TORCH);

  public ConvertOptions {
    choices = List.copyOf(choices);
    if (minSamplesPerPath < 1) {
      throw new IllegalArgumentException(
          "minSamplesPerPath is %d, it must be at least 1".formatted(minSamplesPerPath));
    }
  }

  public ConvertOptions withCalibrator(Calibrator other) {
    return new ConvertOptions(other, choices, minSamplesPerPath, unreached, controlFlow);
  }

  public ConvertOptions withChoices(List<CalibratorChoice> others) {
    return new ConvertOptions(calibrator, others, minSamplesPerPath, unreached, controlFlow);
  }

  public ConvertOptions withUnreached(UnreachedPathPolicy policy) {
    return new ConvertOptions(calibrator, choices, minSamplesPerPath, policy, controlFlow);
  }

  public ConvertOptions withControlFlow(ControlFlowForm form) {
    return new ConvertOptions(calibrator, choices, minSamplesPerPath, unreached, form);
  }
}
