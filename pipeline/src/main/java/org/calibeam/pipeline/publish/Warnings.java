package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;

/** What a person should know before using the artifact, from what the report holds already. */
final class Warnings {
  /** Share of a tensor's values beyond its range from which on it is named. */
  private static final double SATURATED = 0.01;

  /** Signal to noise of a single tensor, in dB, below which it is named. */
  private static final double NOISY = 20;

  /** Signal to noise of the outputs, in dB, below which it is said what to do. */
  private static final double WEAK = 15;

  /** Share of decisions that agree below which it is said. */
  private static final double AGREED = 0.95;

  /** Share of samples on another code path from which on it is named. */
  private static final double FLIPPED = 0.01;

  /** Signal to noise, in dB, that a repair may cost before it is named. */
  private static final double HARMFUL = 0.1;

  private final List<String> texts = new ArrayList<>();

  private Warnings() {}

  /** One line each, worst kind first. */
  static List<String> of(JsonNode report) {
    Warnings warnings = new Warnings();
    warnings.decision(report.path("decision"));
    warnings.outputs(report.path("evaluation"));
    warnings.paths(report);
    warnings.repairs(report.at("/repairs/effect/steps"));
    warnings.samples(report);
    warnings.data(report);
    warnings.tensors(report);
    return List.copyOf(warnings.texts);
  }

  private void decision(JsonNode decision) {
    String kind = decision.path("decision").asText();
    if (kind.equals("blocked")) {
      for (JsonNode reason : decision.path("reasons")) {
        add("%s", "Not published: " + reason.asText() + ".");
      }
    }
    decision.path("warnings").forEach(text -> add("%s", text.asText() + "."));
  }

  private void outputs(JsonNode evaluation) {
    JsonNode sqnr = evaluation.path("sqnrDb");
    if (sqnr.isNumber() && sqnr.asDouble() < WEAK) {
      add(
          "The outputs keep only %.1f dB of their signal; the verb analyze says which modules are to blame.",
          sqnr.asDouble());
    }
    JsonNode top1 = evaluation.path("top1Agreement");
    if (top1.isNumber() && top1.asDouble() < AGREED) {
      add("Only %.1f %% of the decisions are the float model's.", 100 * top1.asDouble());
    }
  }

  private void paths(JsonNode report) {
    for (JsonNode path : report.path("floatingPaths")) {
      add("Code path %s stays in floating point: too few samples reached it.", path.asText());
    }
    for (JsonNode path : report.path("borrowedPaths")) {
      add("The ranges of code path %s are borrowed: too few samples reached it.", path.asText());
    }
    JsonNode evaluation = report.path("evaluation");
    long flipped = evaluation.path("flippedSamples").asLong();
    long samples = evaluation.path("samples").asLong();
    if (samples > 0 && flipped >= FLIPPED * samples) {
      add("%d of %d evaluated samples take another code path once quantized.", flipped, samples);
    }
  }

  private void repairs(JsonNode steps) {
    for (int i = 1; i < steps.size(); i++) {
      JsonNode repairs = steps.path(i).path("repairs");
      double before = sqnr(steps.path(i - 1));
      double after = sqnr(steps.path(i));
      if (before - after > HARMFUL) {
        add(
            "The repair %s lowers the SQNR from %.2f to %.2f dB; leave it out.",
            repairs.path(repairs.size() - 1).asText(), before, after);
      }
    }
  }

  private static double sqnr(JsonNode step) {
    return step.at("/sqnrDb/value").asDouble(Double.NaN);
  }

  private void samples(JsonNode report) {
    long bad = report.at("/samples/bad").asLong();
    if (bad > 0) {
      JsonNode first = report.path("badSamples").path(0);
      add(
          "%d samples were set aside; the first, %s: %s",
          bad, first.path("id").asText(), first.path("reason").asText());
    }
  }

  private void data(JsonNode report) {
    JsonNode moved = report.at("/data/moved");
    if (!moved.isEmpty()) {
      add(
          "The %s by more than 5 %% on which samples were used, %s among them.",
          moved.size() == 1
              ? "scale of 1 tensor depends"
              : "scales of %d tensors depend".formatted(moved.size()),
          name(moved.path(0)));
    }
  }

  private void tensors(JsonNode report) {
    List<JsonNode> tensors =
        StreamSupport.stream(report.path("observers").spliterator(), false).toList();
    worst(
        tensors.stream().filter(t -> t.path("saturated").asDouble() >= SATURATED).toList(),
        t -> t.path("saturated").asDouble(),
        (count, worst) ->
            add(
                "%s at least 1 %% of the values beyond the range, most of all %s with %.1f %%.",
                count == 1 ? "1 tensor has" : count + " tensors have",
                name(worst),
                100 * worst.path("saturated").asDouble()));
    worst(
        tensors.stream()
            .filter(t -> t.has("sqnrDb") && t.get("sqnrDb").asDouble() < NOISY)
            .toList(),
        t -> -t.path("sqnrDb").asDouble(),
        (count, worst) ->
            add(
                "%s less than 20 dB of the signal, least of all %s with %.1f dB.",
                count == 1 ? "1 tensor keeps" : count + " tensors keep",
                name(worst),
                worst.path("sqnrDb").asDouble()));
  }

  private interface Measure {
    double of(JsonNode tensor);
  }

  private interface Say {
    void about(int count, JsonNode worst);
  }

  private static void worst(List<JsonNode> tensors, Measure measure, Say say) {
    tensors.stream()
        .max((a, b) -> Double.compare(measure.of(a), measure.of(b)))
        .ifPresent(worst -> say.about(tensors.size(), worst));
  }

  private static String name(JsonNode tensor) {
    return tensor.path("observer").asText() + " of " + tensor.path("codePath").asText();
  }

  private void add(String format, Object... values) {
    texts.add(String.format(Locale.ROOT, format, values));
  }
}
