package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Judges a converted model. */
final class ModelGates {
  private final Gates gates;
  private final List<Verdict> verdicts = new ArrayList<>();

  ModelGates(Gates gates) {
    this.gates = gates;
  }

  List<Verdict> verdicts() {
    return List.copyOf(verdicts);
  }

  /** Scales against those of the published model, if only the samples differ. */
  void judgeScales(Candidate model, Candidate published) {
    if (!model.isMadeLike(published)) {
      verdicts.add(
          Verdict.skipped(Verdict.SCALE, "the published model was quantized in another way"));
      return;
    }
    Candidate.Move move = model.scaleChange(published);
    String text =
        move.by() == 1
            ? "all scales are the published ones"
            : text(
                "the scale of %s of %s differs by a factor of %.3f from the published one, %.3f may be",
                move.tensor().name(),
                move.tensor().codePath(),
                move.by(),
                gates.scaleChange().most());
    verdicts.add(
        move.by() > gates.scaleChange().most()
            ? Verdict.beyond(gates.scaleChange().action(), Verdict.SCALE, text)
            : Verdict.passed(Verdict.SCALE, text));
  }

  /** A model that a person took back does not return by itself. */
  void judgeAgainstAbandoned(String run) {
    verdicts.add(
        Verdict.blocked(
            Verdict.ROLLED_BACK,
            "it has the ranges of run %s, which was rolled back".formatted(run)));
  }

  /** Without held-out samples nobody can tell whether a model is worse. */
  void nothingToJudgeWith(double share) {
    String text =
        share == 0
            ? "heldOut.share is 0, so nothing is evaluated"
            : text("no sample of the window is held out with a share of %s", share);
    boolean wanted = share > 0;
    verdicts.add(
        wanted ? Verdict.blocked(Verdict.SQNR, text) : Verdict.skipped(Verdict.SQNR, text));
  }

  /**
   * Figures of the model, and of the published one on the same samples.
   *
   * @param published missing if it is of another float model, or there is none
   */
  void judge(JsonNode model, JsonNode published) {
    long bad = model.path("badSamples").asLong();
    if (bad > gates.badSamples()) {
      verdicts.add(
          Verdict.blocked(
              Verdict.BAD_SAMPLES,
              text("%d bad samples are held out, %d may be", bad, gates.badSamples())));
    }
    sqnr(sqnr(model), sqnr(published), published.isMissingNode());
    if (!published.isMissingNode()) {
      flips(flips(model), flips(published));
    }
    top1(figure(model, "top1Agreement"), figure(published, "top1Agreement"));
  }

  /** Over samples on the same paths: a single one on another would hide all others. */
  private static OptionalDouble sqnr(JsonNode figures) {
    JsonNode unflipped = figures.at("/codePaths/0/all/sqnrDbUnflipped");
    return unflipped.isMissingNode() ? figure(figures, "sqnrDb") : figure(unflipped, "value");
  }

  private static double flips(JsonNode figures) {
    return figures.path("flippedSamples").asDouble() / figures.path("samples").asDouble(1);
  }

  private void flips(double is, double was) {
    String text =
        text(
            "%.2f %% of the samples take another code path, with the published model %.2f %%, %.2f points more may",
            100 * is, 100 * was, 100 * gates.flipRise());
    verdicts.add(
        is - was > gates.flipRise()
            ? Verdict.blocked(Verdict.FLIPS, text)
            : Verdict.passed(Verdict.FLIPS, text));
  }

  private static OptionalDouble figure(JsonNode figures, String name) {
    JsonNode figure = figures.path(name);
    return figure.isNumber() ? OptionalDouble.of(figure.asDouble()) : OptionalDouble.empty();
  }

  /** An SQNR that is null is infinite: nothing is lost. */
  private void sqnr(OptionalDouble model, OptionalDouble published, boolean alone) {
    double is = model.orElse(Double.POSITIVE_INFINITY);
    if (gates.minSqnrDb().isPresent() && is < gates.minSqnrDb().getAsDouble()) {
      verdicts.add(
          Verdict.blocked(
              Verdict.SQNR,
              text(
                  "SQNR is %.2f dB, at least %.2f dB it must be",
                  is, gates.minSqnrDb().getAsDouble())));
      return;
    }
    if (alone) {
      verdicts.add(Verdict.passed(Verdict.SQNR, text("SQNR is %.2f dB", is)));
      return;
    }
    double was = published.orElse(Double.POSITIVE_INFINITY);
    String text =
        text(
            "SQNR is %.2f dB, of the published model on the same samples %.2f dB, %.2f dB less it may be",
            is, was, gates.sqnrDropDb());
    boolean worse = Double.isInfinite(was) ? !Double.isInfinite(is) : was - is > gates.sqnrDropDb();
    verdicts.add(worse ? Verdict.blocked(Verdict.SQNR, text) : Verdict.passed(Verdict.SQNR, text));
  }

  private void top1(OptionalDouble model, OptionalDouble published) {
    if (model.isEmpty()) {
      verdicts.add(Verdict.skipped(Verdict.TOP1, "the model decides nothing"));
      return;
    }
    double is = model.getAsDouble();
    if (gates.minTop1().isPresent() && is < gates.minTop1().getAsDouble()) {
      verdicts.add(
          Verdict.blocked(
              Verdict.TOP1,
              text(
                  "top-1 agreement is %.2f %%, at least %.2f %% it must be",
                  100 * is, 100 * gates.minTop1().getAsDouble())));
      return;
    }
    if (published.isEmpty()) {
      verdicts.add(Verdict.passed(Verdict.TOP1, text("top-1 agreement is %.2f %%", 100 * is)));
      return;
    }
    double was = published.getAsDouble();
    String text =
        text(
            "top-1 agreement is %.2f %%, of the published model on the same samples %.2f %%, %.2f points less it may be",
            100 * is, 100 * was, 100 * gates.top1Drop());
    verdicts.add(
        was - is > gates.top1Drop()
            ? Verdict.blocked(Verdict.TOP1, text)
            : Verdict.passed(Verdict.TOP1, text));
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
