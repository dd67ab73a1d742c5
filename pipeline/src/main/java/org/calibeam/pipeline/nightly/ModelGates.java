package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Judges a converted model. */
final class ModelGates {
  /** Of two shares in double: 1 - 0.98 is a little more than 0.02. */
  private static final double ROUNDING = 1e-12;

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
    sqnr(sqnr(model), published.isMissingNode() ? Optional.empty() : Optional.of(sqnr(published)));
    if (!published.isMissingNode()) {
      flips(
          Figure.of(model.at("/codePaths/0/flipRate")),
          Figure.of(published.at("/codePaths/0/flipRate")));
    }
    JsonNode top1 = model.at("/codePaths/0/all/top1Agreement");
    if (top1.isMissingNode()) {
      verdicts.add(Verdict.skipped(Verdict.TOP1, "the model decides nothing"));
    } else {
      JsonNode before = published.at("/codePaths/0/all/top1Agreement");
      top1(
          Figure.of(top1),
          before.isMissingNode() ? Optional.empty() : Optional.of(Figure.of(before)));
    }
  }

  /** Over samples on the same paths: a single one on another would hide all others. */
  private static Figure sqnr(JsonNode figures) {
    JsonNode all = figures.at("/codePaths/0/all");
    return Figure.of(all.path(all.has("sqnrDbUnflipped") ? "sqnrDbUnflipped" : "sqnrDb"));
  }

  private void sqnr(Figure model, Optional<Figure> published) {
    double is = model.value();
    if (gates.minSqnrDb().isPresent() && is < gates.minSqnrDb().getAsDouble()) {
      verdicts.add(
          Verdict.blocked(
              Verdict.SQNR,
              text(
                  "SQNR is %.2f dB, at least %.2f dB it must be",
                  is, gates.minSqnrDb().getAsDouble())));
      return;
    }
    if (published.isEmpty()) {
      verdicts.add(Verdict.passed(Verdict.SQNR, text("SQNR is %.2f dB", is)));
      return;
    }
    compare(
        Verdict.SQNR,
        published.get().dropTo(model),
        gates.sqnrDropDb(),
        text(
            "SQNR is %.2f dB, of the published model on the same samples %.2f dB, %.2f dB less it may be",
            is, published.get().value(), gates.sqnrDropDb()));
  }

  private void flips(Figure model, Figure published) {
    compare(
        Verdict.FLIPS,
        model.dropTo(published),
        gates.flipRise(),
        text(
            "%.2f %% of the samples take another code path, with the published model %.2f %%, %.2f points more may",
            100 * model.value(), 100 * published.value(), 100 * gates.flipRise()));
  }

  private void top1(Figure model, Optional<Figure> published) {
    double is = model.value();
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
    compare(
        Verdict.TOP1,
        published.get().dropTo(model),
        gates.top1Drop(),
        text(
            "top-1 agreement is %.2f %%, of the published model on the same samples %.2f %%, %.2f points less it may be",
            100 * is, 100 * published.get().value(), 100 * gates.top1Drop()));
  }

  private void compare(String gate, Figure.Drop drop, double limit, String text) {
    if (!(drop.by() > limit + ROUNDING)) {
      verdicts.add(Verdict.passed(gate, text));
    } else if (drop.by() > drop.chance()) {
      verdicts.add(Verdict.blocked(gate, text));
    } else {
      verdicts.add(
          Verdict.beyond(
              Gates.Action.WARN, gate, text + ", but so few samples may differ so much by chance"));
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
