package org.calibeam.pipeline.analyze;

import org.jspecify.annotations.Nullable;

/**
 * What quantizing a unit costs.
 *
 * @param only the model with only it in int8
 * @param onlyInt16 the model with only it in int16; null without multiply-accumulates
 * @param allBut the model with all but it in int8
 */
record UnitCost(Unit unit, Measurement only, @Nullable Measurement onlyInt16, Measurement allBut) {

  /** Noise that it adds in a mode, relative to the signal, as if it were the only one. */
  double noise(Mode mode) {
    return switch (mode) {
      case FLOAT -> 0;
      case A16W8 -> onlyInt16 == null ? only.noise() : onlyInt16.noise();
      case A8W8 -> only.noise();
    };
  }
}
