package org.calibeam.pipeline.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.pipeline.evaluate.Estimate;
import org.calibeam.pipeline.evaluate.Evaluation;
import org.calibeam.pipeline.evaluate.OutputFigures;
import org.calibeam.pipeline.evaluate.Saturation;

/** An evaluation for people: a line for each figure, with its interval. */
final class EvaluationTable {
  private static final int MOST_TENSORS = 5;
  private static final int LABEL = 22;

  private EvaluationTable() {}

  static void print(PrintStream out, Evaluation evaluation, double seconds) {
    out.printf(
        Locale.ROOT,
        "Compared on %d samples in %.1f s; 95 %% intervals in brackets%n",
        evaluation.samples(),
        seconds);
    if (!evaluation.bad().isEmpty()) {
      out.printf("Set aside: %d bad samples%n", evaluation.bad().size());
    }
    for (Evaluation.PathFigures path : evaluation.paths()) {
      out.printf(
          Locale.ROOT,
          "%n%s: %d samples, %d take another code path%n",
          path.path(),
          path.samples(),
          path.flipped());
      figures(out, path.all());
      if (path.flipped() > 0) {
        line(out, "SQNR of the others", path.all().sqnrDbUnflipped(), 1, "dB");
      }
      if (path.outputs().size() > 1) {
        for (Evaluation.Output output : path.outputs()) {
          out.printf("  output %s%n", output.name());
          figures(out, output.figures());
        }
      }
    }
    saturated(out, evaluation);
  }

  private static void figures(PrintStream out, OutputFigures figures) {
    line(out, "SQNR", figures.sqnrDb(), 1, "dB");
    line(out, "cosine", figures.cosine(), 1, "");
    line(out, "mean absolute error", figures.meanAbsoluteError(), 1, "");
    line(out, "equal whole numbers", figures.equal(), 100, "%");
    line(out, "top-1 agreement", figures.top1Agreement(), 100, "%");
    line(out, "top-5 agreement", figures.top5Agreement(), 100, "%");
    figures.accuracy().ifPresent(a -> accuracy(out, "top-1 accuracy", a));
    figures.accuracyTop5().ifPresent(a -> accuracy(out, "top-5 accuracy", a));
  }

  private static void accuracy(PrintStream out, String label, OutputFigures.Accuracy accuracy) {
    line(out, label + ", float", Optional.of(accuracy.floating()), 100, "%");
    line(out, label + ", int", Optional.of(accuracy.quantized()), 100, "%");
    line(out, "change", accuracy.change(), 100, "points");
  }

  private static void line(
      PrintStream out, String label, Optional<Estimate> estimate, double factor, String unit) {
    estimate.ifPresent(
        e ->
            out.println(
                ("    "
                        + label
                        + " ".repeat(Math.max(1, LABEL - label.length()))
                        + text(e, factor)
                        + " "
                        + unit)
                    .stripTrailing()));
  }

  private static String text(Estimate e, double factor) {
    if (Double.isInfinite(e.value())) {
      return e.value() > 0 ? "no difference" : "no signal";
    }
    String value = number(e.value() * factor);
    return Double.isNaN(e.low())
        ? value
        : "%s [%s, %s]".formatted(value, number(e.low() * factor), number(e.high() * factor));
  }

  /** Two digits behind the point, or as many as show something. */
  private static String number(double value) {
    double size = Math.abs(value);
    if (size != 0 && size < 1e-3) {
      return String.format(Locale.ROOT, "%.3g", value);
    }
    return String.format(Locale.ROOT, size < 1.5 ? "%.5f" : "%.2f", value);
  }

  private static void saturated(PrintStream out, Evaluation evaluation) {
    List<Map.Entry<ObserverId, Saturation>> worst =
        new ArrayList<>(evaluation.tensors().entrySet());
    worst.removeIf(t -> t.getValue().clippedLow() + t.getValue().clippedHigh() == 0);
    if (worst.isEmpty()) {
      return;
    }
    worst.sort(Comparator.comparingDouble(t -> -t.getValue().clipped()));
    out.printf(
        "%nBeyond the range of their integers, %d of %d tensors:%n",
        worst.size(), evaluation.tensors().size());
    for (Map.Entry<ObserverId, Saturation> tensor :
        worst.subList(0, Math.min(MOST_TENSORS, worst.size()))) {
      out.printf(
          Locale.ROOT, "    %.4f %% of %s%n", 100 * tensor.getValue().clipped(), tensor.getKey());
    }
  }
}
