package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.calibeam.pipeline.publish.FinishedRun;
import org.calibeam.pipeline.publish.OutputFolder;

/** Tells at the end what a run did. */
final class Summary {
  private Summary() {}

  /**
   * Prints a few lines, or one for machines.
   *
   * @param start {@link System#nanoTime} at the start
   */
  static void print(
      Terminal terminal, FinishedRun.Committed done, OutputFolder folder, long start) {
    JsonNode report = done.report().root();
    PrintStream out = terminal.out();
    if (terminal.json()) {
      out.println(json(done, folder, start));
      return;
    }
    boolean converted = report.has("conversion");
    out.printf(
        Locale.ROOT,
        "%s %s with %d samples in %.1f s%n",
        converted ? "Quantized" : "Calibrated",
        report.at("/model/path").asText(),
        report.at("/samples/observed").asLong(),
        (System.nanoTime() - start) / 1e9);
    if (done.state().isObject()) {
      out.printf(
          "State: %d shards kept, %d run%s%n",
          done.state().path("kept").asLong(),
          done.state().path("run").asLong(),
          done.state().path("unreadable").asLong() == 0
              ? ""
              : ", of which %d were there but unreadable"
                  .formatted(done.state().path("unreadable").asLong()));
    }
    int width = 4;
    for (JsonNode path : report.path("codePaths")) {
      width = Math.max(width, path.path("path").asText().length());
    }
    for (JsonNode path : report.path("codePaths")) {
      out.printf(
          Locale.ROOT,
          "  %-" + width + "s  %6d samples  %5.1f %%%n",
          path.path("path").asText(),
          path.path("samples").asLong(),
          100 * path.path("share").asDouble());
    }
    if (report.at("/samples/bad").asLong() > 0) {
      out.printf(
          "Set aside: %d bad samples, see %s%n",
          report.at("/samples/bad").asLong(), folder.path() + OutputFolder.BAD_SAMPLES);
    }
    int moved = report.at("/data/moved").size();
    if (moved > 0) {
      out.printf(
          "Data: the scales of %d tensors move by more than 5 %% with half of the files or without one, see \"data\" in %s%n",
          moved, OutputFolder.REPORT);
    }
    printEvaluation(out, report.path("evaluation"));
    if (converted) {
      out.printf("Artifact:   %s%n", folder.path() + OutputFolder.MODEL);
    }
    out.printf("Statistics: %s%n", folder.path() + OutputFolder.STATISTICS);
    out.printf("Report:     %s%n", folder.path() + OutputFolder.REPORT_PAGE);
  }

  /** Says in {@code figures}, the last line for machines, that all is done and where it lies. */
  static ObjectNode finished(ObjectNode figures, OutputFolder folder, double seconds) {
    return figures
        .put("event", "done")
        .put("output", folder.path())
        .put("seconds", Math.round(seconds * 10) / 10.0);
  }

  private static String json(FinishedRun.Committed done, OutputFolder folder, long start) {
    JsonNode report = done.report().root();
    ObjectNode node =
        finished(JsonNodeFactory.instance.objectNode(), folder, (System.nanoTime() - start) / 1e9);
    for (String part : List.of("samples", "codePaths", "evaluation")) {
      if (report.has(part)) {
        node.set(part, report.get(part));
      }
    }
    if (!done.state().isMissingNode()) {
      node.set("state", done.state());
    }
    return node.toString();
  }

  private static void printEvaluation(PrintStream out, JsonNode evaluation) {
    if (evaluation.isMissingNode()) {
      return;
    }
    JsonNode sqnr = evaluation.path("sqnrDb");
    out.printf(
        Locale.ROOT,
        "Against the float model on %d held-out samples: SQNR %s",
        evaluation.path("samples").asLong(),
        sqnr.isNumber() ? String.format(Locale.ROOT, "%.2f dB", sqnr.asDouble()) : "infinite");
    if (evaluation.path("top1Agreement").isNumber()) {
      out.printf(
          Locale.ROOT,
          ", top-1 agreement %.2f %%",
          100 * evaluation.path("top1Agreement").asDouble());
    }
    out.printf(", %d samples take another code path%n", evaluation.path("flippedSamples").asLong());
  }
}
