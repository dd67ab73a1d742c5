package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.qspec.QParams;
import org.calibeam.pipeline.publish.ReportedQParams;

/**
 * A quantized model as its {@code report.json} tells it: what it was made from, and its qparams.
 *
 * @param report the whole file
 */
record Candidate(JsonNode report) {

  /** Whether both come from one float model. */
  boolean isOfModelOf(Candidate other) {
    return same(other, "/model/graph") && same(other, "/model/weights");
  }

  /** Whether both were also quantized alike, so that only their samples differ. */
  boolean isMadeLike(Candidate other) {
    return isOfModelOf(other) && same(other, "/configuration") && same(other, "/conversion");
  }

  private boolean same(Candidate other, String pointer) {
    return report.at(pointer).equals(other.report.at(pointer));
  }

  /** Names the float model, briefly. */
  String lineage() {
    return brief("/model/graph") + "-" + brief("/model/weights");
  }

  private String brief(String pointer) {
    String hash = report.at(pointer).asText();
    return hash.substring(0, Math.min(12, hash.length()));
  }

  /** Samples of the window by code path, paths that none reached included. */
  SortedMap<String, Long> samplesPerPath() {
    TreeMap<String, Long> samples = new TreeMap<>();
    report
        .path("codePaths")
        .forEach(path -> samples.put(path.path("path").asText(), path.path("samples").asLong()));
    return samples;
  }

  /** What was chosen for each tensor; what stays in floating point has none. */
  SortedMap<ObserverId, QParams> qparams() {
    return ReportedQParams.of(report);
  }

  /** Share of each tensor's values that lay beyond the range, of its own samples. */
  SortedMap<ObserverId, Double> saturated() {
    TreeMap<ObserverId, Double> saturated = new TreeMap<>();
    for (JsonNode tensor : report.path("observers")) {
      if (tensor.has("saturated")) {
        saturated.put(
            new ObserverId(
                new CodePath(tensor.path("codePath").asText()), tensor.path("observer").asText()),
            tensor.path("saturated").asDouble());
      }
    }
    return saturated;
  }

  /** A tensor whose range moved. */
  record Move(ObserverId tensor, double by) {}

  /**
   * By which share of its width the range of a tensor moved most; infinite if the models do not
   * quantize the same tensors alike.
   */
  double moved(Candidate from) {
    SortedMap<ObserverId, QParams> now = qparams();
    SortedMap<ObserverId, QParams> then = from.qparams();
    if (!now.keySet().equals(then.keySet())) {
      return Double.POSITIVE_INFINITY;
    }
    double most = 0;
    for (Map.Entry<ObserverId, QParams> entry : now.entrySet()) {
      QParams other = then.get(entry.getKey());
      most =
          Math.max(
              most,
              other == null
                  ? Double.POSITIVE_INFINITY
                  : ReportedQParams.moved(entry.getValue(), other));
    }
    return most;
  }

  /** The tensor with one scale whose scale changed by the greatest factor, and that factor. */
  Move scaleChange(Candidate from) {
    Move most = new Move(new ObserverId(CodePath.MAIN, ""), 1);
    SortedMap<ObserverId, QParams> then = from.qparams();
    for (Map.Entry<ObserverId, QParams> entry : qparams().entrySet()) {
      QParams before = then.get(entry.getKey());
      QParams now = entry.getValue();
      if (before != null && before.dtype() == now.dtype() && isPerTensor(before, now)) {
        double factor =
            Math.max((double) now.scale() / before.scale(), (double) before.scale() / now.scale());
        if (factor > most.by()) {
          most = new Move(entry.getKey(), factor);
        }
      }
    }
    return most;
  }

  private static boolean isPerTensor(QParams a, QParams b) {
    return a.scales().length == 1 && b.scales().length == 1;
  }

  /** Samples and files for people. */
  ObjectNode samples() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    long heldOut = 0;
    for (JsonNode shard : report.path("shards")) {
      heldOut += shard.path("heldOut").asLong();
    }
    node.put("files", report.path("shards").size())
        .put("expected", report.at("/samples/expected").asLong())
        .put("observed", report.at("/samples/observed").asLong())
        .put("bad", report.at("/samples/bad").asLong())
        .put("heldOut", heldOut);
    return node;
  }
}
