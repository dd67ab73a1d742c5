package org.calibeam.pipeline.evaluate;

import java.util.Optional;
import org.calibeam.pipeline.evaluate.Tally.Count;
import org.calibeam.pipeline.evaluate.Tally.Sum;

/**
 * How well a quantized model does on one output, or all of them, over some samples. What does not
 * apply is empty: SQNR to whole numbers, decisions to a single class, top 5 to five classes or
 * fewer, accuracy to samples without labels and to all but the first output.
 *
 * @param samples number of samples
 * @param sqnrDb ratio of the squares of the float outputs to the squares of the differences, both
 *     summed over all samples
 * @param sqnrDbUnflipped the same over samples that take the same code paths in both models
 * @param cosine of the angle between the outputs of a sample, mean; 1 if both are zero and 0 if one
 *     is
 * @param meanAbsoluteError mean absolute difference within a sample, mean
 * @param top1Agreement how often both models' largest elements are at one place
 * @param top5Agreement how often the float model's largest is among the quantized one's five
 * @param equal share of the whole numbers and booleans that are the same
 * @param accuracy absent without labels
 * @param accuracyTop5 absent without labels
 * @param tally what these figures are made of
 */
public record OutputFigures(
    long samples,
    Optional<Estimate> sqnrDb,
    Optional<Estimate> sqnrDbUnflipped,
    Optional<Estimate> cosine,
    Optional<Estimate> meanAbsoluteError,
    Optional<Estimate> top1Agreement,
    Optional<Estimate> top5Agreement,
    Optional<Estimate> equal,
    Optional<Accuracy> accuracy,
    Optional<Accuracy> accuracyTop5,
    Tally tally) {

  /**
   * Share of the labelled samples that each model gets right.
   *
   * @param labelled number of samples with a label
   * @param change of the share from the float to the quantized model, over pairs; absent for top 5
   */
  public record Accuracy(
      long labelled, Estimate floating, Estimate quantized, Optional<Estimate> change) {}

  public static OutputFigures of(Tally t) {
    return new OutputFigures(
        t.count(Count.SAMPLES),
        when(t.count(Count.MEASURED), t, OutputFigures::sqnr),
        when(t.count(Count.MEASURED), t, OutputFigures::unflipped),
        when(
            t.count(Count.MEASURED),
            t,
            (n, x) -> Estimate.mean(n, x.sum(Sum.COSINE), x.sum(Sum.COSINE_SQUARED))),
        when(
            t.count(Count.MEASURED),
            t,
            (n, x) -> Estimate.mean(n, x.sum(Sum.ABSOLUTE), x.sum(Sum.ABSOLUTE_SQUARED))),
        agreement(t, Count.DECISIONS, Count.AGREED_TOP1, Sum.SHARE_TOP1, Sum.SHARE_TOP1_SQUARED),
        agreement(
            t, Count.DECISIONS_TOP5, Count.AGREED_TOP5, Sum.SHARE_TOP5, Sum.SHARE_TOP5_SQUARED),
        when(
            t.count(Count.DISCRETE),
            t,
            (n, x) -> Estimate.meanShare(n, x.sum(Sum.EQUAL), x.sum(Sum.EQUAL_SQUARED))),
        accuracy(t),
        accuracyTop5(t),
        t);
  }

  private interface Figure {
    Estimate of(long n, Tally tally);
  }

  private static Optional<Estimate> when(long n, Tally tally, Figure figure) {
    return n == 0
        ? Optional.empty()
        : Optional.of(figure.of(n, tally)).filter(e -> !Double.isNaN(e.value()));
  }

  private static Estimate sqnr(long n, Tally t) {
    return new Estimate.Power(
            n,
            t.sum(Sum.SIGNAL),
            t.sum(Sum.NOISE),
            t.sum(Sum.SIGNAL_SQUARED),
            t.sum(Sum.NOISE_SQUARED),
            t.sum(Sum.SIGNAL_TIMES_NOISE))
        .decibels();
  }

  private static Estimate unflipped(long n, Tally t) {
    return new Estimate.Power(
            n - t.count(Count.FLIPPED),
            t.sum(Sum.KEPT_SIGNAL),
            t.sum(Sum.KEPT_NOISE),
            t.sum(Sum.KEPT_SIGNAL_SQUARED),
            t.sum(Sum.KEPT_NOISE_SQUARED),
            t.sum(Sum.KEPT_SIGNAL_TIMES_NOISE))
        .decibels();
  }

  /** Decisions within one sample are not independent, so such samples count as one value each. */
  private static Optional<Estimate> agreement(
      Tally t, Count decisions, Count agreed, Sum shares, Sum squares) {
    long n = t.count(decisions);
    long samples = t.count(Count.DECIDED);
    if (n == 0) {
      return Optional.empty();
    }
    if (n == samples) {
      return Optional.of(Estimate.share(t.count(agreed), n));
    }
    Estimate mean = Estimate.meanShare(samples, t.sum(shares), t.sum(squares));
    return Optional.of(mean);
  }

  private static Optional<Accuracy> accuracy(Tally t) {
    long n = t.count(Count.LABELLED);
    if (n == 0) {
      return Optional.empty();
    }
    long gained = t.count(Count.ONLY_QUANTIZED_RIGHT);
    long lost = t.count(Count.ONLY_FLOAT_RIGHT);
    Estimate change =
        Estimate.mean(
            n,
            ExactSum.ZERO.plus((double) gained - lost),
            ExactSum.ZERO.plus((double) gained + lost));
    return Optional.of(
        new Accuracy(
            n,
            Estimate.share(t.count(Count.FLOAT_RIGHT), n),
            Estimate.share(t.count(Count.QUANTIZED_RIGHT), n),
            Optional.of(change)));
  }

  private static Optional<Accuracy> accuracyTop5(Tally t) {
    long n = t.count(Count.LABELLED_TOP5);
    return n == 0
        ? Optional.empty()
        : Optional.of(
            new Accuracy(
                n,
                Estimate.share(t.count(Count.FLOAT_RIGHT_TOP5), n),
                Estimate.share(t.count(Count.QUANTIZED_RIGHT_TOP5), n),
                Optional.empty()));
  }
}
