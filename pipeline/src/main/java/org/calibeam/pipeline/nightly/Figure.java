package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A figure of an evaluation with its confidence interval.
 *
 * @param value infinite for an SQNR without noise
 * @param low NaN, as {@code high}, if there is no interval
 */
record Figure(double value, double low, double high) {

  /**
   * How much one figure is below another.
   *
   * @param chance a drop up to this may be that of the samples, not of the models; infinite if
   *     nobody can tell
   */
  record Drop(double by, double chance) {}

  /**
   * A figure as {@code evaluation.schema.json} describes it. Without a value it is an SQNR that is
   * infinite: nothing is lost.
   */
  static Figure of(JsonNode figure) {
    return new Figure(
        number(figure.path("value"), Double.POSITIVE_INFINITY),
        number(figure.path("low"), Double.NaN),
        number(figure.path("high"), Double.NaN));
  }

  private static double number(JsonNode number, double otherwise) {
    return number.isNumber() ? number.asDouble() : otherwise;
  }

  /**
   * From this figure to {@code other}, of the same samples. Chance is judged by Newcombe's interval
   * of a difference ("Interval estimation for the difference between independent proportions",
   * Statistics in Medicine 17, 1998, method 10), which takes the samples as drawn twice. They are
   * the same, and what one model finds hard the other mostly does too, so that it errs on the side
   * of not blocking.
   */
  Drop dropTo(Figure other) {
    if (Double.isInfinite(value)) {
      return new Drop(Double.isInfinite(other.value) ? 0 : value, 0);
    }
    double by = value - other.value;
    double chance = Math.hypot(value - low, other.high - other.value);
    return new Drop(by, Double.isNaN(chance) ? Double.POSITIVE_INFINITY : chance);
  }
}
