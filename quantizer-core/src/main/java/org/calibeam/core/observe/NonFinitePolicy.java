package org.calibeam.core.observe;

/** What a calibrator does about NaN and infinities among the observed values. */
public enum NonFinitePolicy {
  /** Neither is accepted. */
  REJECT,
  /**
   * Infinities are left out, as the reference's histogram observer does, since they are clamped
   * anyway (attention masks hold them); NaN is not accepted.
   */
  LEAVE_OUT_INFINITIES,
  /** Both are left out. */
  LEAVE_OUT;

  /**
   * Checks that {@code statistic} has values to choose qparams from.
   *
   * @throws SamplesException if it has none, or has what this policy does not accept
   */
  void check(Statistic statistic) {
    Counts counts = statistic.counts();
    if (counts.nans() > 0 && this != LEAVE_OUT) {
      throw new SamplesException(
          "%d of %d observed values are NaN; find the samples or the operator that cause it"
              .formatted(counts.nans(), counts.elements()));
    }
    if (counts.infinities() > 0 && this == REJECT) {
      throw new SamplesException(
          "%d of %d observed values are infinite; find the samples or the operator that cause it"
              .formatted(counts.infinities(), counts.elements()));
    }
    if (counts.finite() == 0) {
      throw new SamplesException(
          counts.elements() == 0
              ? "No value was observed, so no scale can be chosen; calibrate with samples that come here"
              : "None of %d observed values is finite, so no scale can be chosen"
                  .formatted(counts.elements()));
    }
  }
}
