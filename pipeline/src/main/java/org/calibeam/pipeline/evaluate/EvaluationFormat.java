package org.calibeam.pipeline.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Optional;
import org.calibeam.pipeline.evaluate.Tally.Count;

/** An {@link Evaluation} as JSON; {@code evaluation.schema.json} describes it. */
final class EvaluationFormat {
  private EvaluationFormat() {}

  static ObjectNode json(Evaluation evaluation) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    Evaluation.PathFigures main = evaluation.main();
    root.put("samples", evaluation.samples())
        .put("expectedSamples", evaluation.expected())
        .put("badSamples", evaluation.bad().size())
        .put("decisions", main.all().tally().count(Count.DECISIONS))
        .put("flippedSamples", main.flipped());
    root.set("sqnrDb", value(main.all().sqnrDb()));
    root.set("top1Agreement", value(main.all().top1Agreement()));
    root.put("confidence", 0.95);
    ArrayNode paths = root.putArray("codePaths");
    for (Evaluation.PathFigures path : evaluation.paths()) {
      ObjectNode node = paths.addObject();
      node.put("path", path.path().text())
          .put("samples", path.samples())
          .put("flippedSamples", path.flipped());
      node.set("flipRate", json(path.flipRate()));
      node.set("all", json(path.all()));
      ArrayNode outputs = node.putArray("outputs");
      for (Evaluation.Output output : path.outputs()) {
        ObjectNode entry = outputs.addObject();
        entry.put("name", output.name());
        entry.setAll(json(output.figures()));
      }
    }
    ArrayNode tensors = root.putArray("tensors");
    evaluation
        .tensors()
        .forEach(
            (id, s) ->
                tensors
                    .addObject()
                    .put("codePath", id.codePath().text())
                    .put("tensor", id.name())
                    .put("elements", s.elements())
                    .put("lowest", s.lowest())
                    .put("highest", s.highest())
                    .put("clippedLow", s.clippedLow())
                    .put("clippedHigh", s.clippedHigh())
                    .put("atEnds", s.elements() == 0 ? 0 : s.atEnds())
                    .put("clipped", s.elements() == 0 ? 0 : s.clipped()));
    return root;
  }

  private static ObjectNode json(OutputFigures figures) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    set(node, "sqnrDb", figures.sqnrDb());
    set(node, "sqnrDbUnflipped", figures.sqnrDbUnflipped());
    set(node, "cosine", figures.cosine());
    set(node, "meanAbsoluteError", figures.meanAbsoluteError());
    set(node, "top1Agreement", figures.top1Agreement());
    set(node, "top5Agreement", figures.top5Agreement());
    set(node, "equal", figures.equal());
    figures.accuracy().ifPresent(a -> node.set("top1Accuracy", json(a)));
    figures.accuracyTop5().ifPresent(a -> node.set("top5Accuracy", json(a)));
    Tally tally = figures.tally();
    node.put("decisions", tally.count(Count.DECISIONS));
    if (tally.count(Count.NON_FINITE) > 0) {
      node.putObject("nonFinite")
          .put("elements", tally.count(Count.NON_FINITE))
          .put("differing", tally.count(Count.NON_FINITE_DIFFERING));
    }
    return node;
  }

  private static ObjectNode json(OutputFigures.Accuracy accuracy) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("labelled", accuracy.labelled());
    node.set("float", json(accuracy.floating()));
    node.set("quantized", json(accuracy.quantized()));
    set(node, "change", accuracy.change());
    return node;
  }

  private static void set(ObjectNode node, String name, Optional<Estimate> estimate) {
    estimate.ifPresent(e -> node.set(name, json(e)));
  }

  private static ObjectNode json(Estimate estimate) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.set("value", finite(estimate.value()));
    if (Double.isInfinite(estimate.value())) {
      node.put("infinite", true);
    }
    node.set("low", finite(estimate.low()));
    node.set("high", finite(estimate.high()));
    return node.put("interval", estimate.method().name().toLowerCase(Locale.ROOT));
  }

  private static JsonNode value(Optional<Estimate> estimate) {
    return finite(estimate.map(Estimate::value).orElse(Double.NaN));
  }

  private static JsonNode finite(double value) {
    return Double.isFinite(value)
        ? JsonNodeFactory.instance.numberNode(value)
        : JsonNodeFactory.instance.nullNode();
  }
}
