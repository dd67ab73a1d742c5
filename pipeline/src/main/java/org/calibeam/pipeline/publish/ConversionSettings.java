package org.calibeam.pipeline.publish;

import java.io.Serializable;
import java.util.List;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.convert.ControlFlowForm;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.convert.UnreachedPathPolicy;
import org.calibeam.core.observe.Calibrator;

/**
 * How statistics become qparams, in a form that travels.
 *
 * @param calibrator name of the one for all tensors that have none of their own, as {@link
 *     Calibrator#named} knows it
 * @param minSamplesPerPath least number of samples that must have reached a code path
 * @param pieces whether the straight pieces between control flow are written as well
 * @param controlFlow for whom the whole program's control flow is written
 */
public record ConversionSettings(
    String calibrator,
    long minSamplesPerPath,
    UnreachedPathPolicy unreached,
    Pieces pieces,
    ControlFlowForm controlFlow)
    implements Serializable {

  /** Whether the program is also written in straight pieces, which lower one by one. */
  public enum Pieces {
    NONE,
    WRITTEN
  }

  /** The settings for control flow that torch runs. */
  public ConversionSettings(
      String calibrator, long minSamplesPerPath, UnreachedPathPolicy unreached, Pieces pieces) {
    this(calibrator, minSamplesPerPath, unreached, pieces, ControlFlowForm.TORCH);
  }

  public ConversionSettings {
    calibrator = Calibrator.named(calibrator).name();
  }

  /** The same for the whole model alone. */
  ConversionSettings withoutPieces() {
    return new ConversionSettings(
        calibrator, minSamplesPerPath, unreached, Pieces.NONE, controlFlow);
  }

  /**
   * The settings as the converter takes them.
   *
   * @param choices of the configuration; {@link #calibrator} stands for those for all tensors
   */
  public ConvertOptions options(List<CalibratorChoice> choices) {
    List<CalibratorChoice> narrow = choices.stream().filter(c -> !c.isGlobal()).toList();
    return new ConvertOptions(
        Calibrator.named(calibrator), narrow, minSamplesPerPath, unreached, controlFlow);
  }
}
