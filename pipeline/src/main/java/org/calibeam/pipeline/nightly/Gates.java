package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What a model must pass to be published.
 *
 * @param sqnrDropDb how much lower than that of the published model SQNR may be
 * @param top1Drop the same for the share of decisions that agree with the float model
 * @param flipRise by how much more the share of samples may be that take another code path than in
 *     the float model
 * @param minSqnrDb what SQNR must be whatever is published
 * @param minTop1 the same for that share
 * @param minSamplesPerPath of the window, for each code path
 * @param badSamples that the window may hold
 * @param vanishedPath what to do about a path that no sample of a new partition takes any more
 * @param drift Jensen-Shannon distance of a tensor in a new partition from the published window
 * @param scaleChange factor by which a scale differs from the published one
 * @param saturation share of a tensor's values in a new partition beyond the published range, less
 *     the share of the published window
 */
public record Gates(
    double sqnrDropDb,
    double top1Drop,
    double flipRise,
    OptionalDouble minSqnrDb,
    OptionalDouble minTop1,
    long minSamplesPerPath,
    long badSamples,
    Action vanishedPath,
    Limit drift,
    Limit scaleChange,
    Limit saturation) {

  /** The gates of a job, with what is not said as {@code job.schema.json} tells it. */
  static Gates of(JsonNode gates) {
    return new Gates(
        gates.path("sqnrDropDb").asDouble(1),
        gates.path("top1Drop").asDouble(0.02),
        gates.path("flipRise").asDouble(0.05),
        optional(gates.path("minSqnrDb")),
        optional(gates.path("minTop1")),
        gates.path("minSamplesPerPath").asLong(1),
        gates.path("badSamples").asLong(0),
        Action.named(gates.path("vanishedPath").asText("warn")),
        Limit.of(gates.path("drift"), 0.4),
        Limit.of(gates.path("scaleChange"), 2),
        Limit.of(gates.path("saturation"), 0.05));
  }

  private static OptionalDouble optional(JsonNode number) {
    return number.isNumber() ? OptionalDouble.of(number.asDouble()) : OptionalDouble.empty();
  }

  /** What is done about something that is beyond its limit. */
  public enum Action {
    BLOCK,
    WARN,
    OFF;

    static Action named(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }
  }

  /**
   * A bound and what is done beyond it.
   *
   * @param most the greatest value that passes
   */
  public record Limit(double most, Action action) {
    private static Limit of(JsonNode limit, double most) {
      return new Limit(
          limit.path("most").asDouble(most), Action.named(limit.path("action").asText("block")));
    }
  }
}
