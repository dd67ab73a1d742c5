package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.convert.ConvertedProgram;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.observe.Statistic;
import org.calibeam.core.prepare.DecidingComparison;
import org.calibeam.core.prepare.DecidingComparisons;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.pipeline.combine.PathTally;

/**
 * Which way the samples went: {@code codePaths} and {@code conditionals} of a report. The first
 * sample of a path is the least by file and number, however the samples were spread.
 */
final class CodePathReport {
  private static final int INT8_STEPS = 255;

  private final PreparedProgram prepared;
  private final RunResults results;
  private final Map<CodePath, PathTally> tallies;

  private CodePathReport(PreparedProgram prepared, RunResults results) {
    this.prepared = prepared;
    this.results = results;
    this.tallies = results.paths();
  }

  static void add(ObjectNode root, PreparedProgram prepared, RunResults results) {
    CodePathReport report = new CodePathReport(prepared, results);
    ArrayNode paths = root.putArray("codePaths");
    Map<CodePath, Graph> graphs = prepared.program().graphs();
    graphs.keySet().forEach(path -> report.addSeen(report.addPath(paths, path, 0), path));
    ArrayNode conditionals = root.putArray("conditionals");
    graphs.forEach((path, graph) -> report.addConditionals(conditionals, path, graph));
  }

  /** Marks the paths that too few samples reached with what became of them. */
  static void mark(ObjectNode root, ConvertedProgram converted) {
    for (JsonNode path : root.path("codePaths")) {
      CodePath code = new CodePath(path.path("path").asText());
      if (isWithin(code, converted.floatingPaths())) {
        ((ObjectNode) path).put("policy", "float");
      } else if (isWithin(code, converted.borrowedPaths())) {
        ((ObjectNode) path).put("policy", "borrow");
      }
    }
  }

  private static boolean isWithin(CodePath path, Set<CodePath> others) {
    return others.stream().anyMatch(path::isWithin);
  }

  private long samples(CodePath path) {
    return results.statistics().samplesPerPath().getOrDefault(path, 0L);
  }

  /**
   * @param of what the share is taken of; all samples if 0
   */
  private ObjectNode addPath(ArrayNode paths, CodePath path, long of) {
    long whole = of == 0 ? results.statistics().samples() : of;
    ObjectNode node =
        paths
            .addObject()
            .put("path", path.text())
            .put("samples", samples(path))
            .put("share", whole == 0 ? 0 : (double) samples(path) / whole);
    PathTally tally = tallies.get(path);
    if (tally != null) {
      node.put("firstSample", tally.first().toString());
    }
    return node;
  }

  private void addSeen(ObjectNode node, CodePath path) {
    int observers = 0;
    long elements = 0;
    for (Map.Entry<ObserverId, Statistic> entry : results.statistics().statistics().entrySet()) {
      ObserverId id = entry.getKey();
      if (id.codePath().equals(path) && prepared.observers().containsKey(id)) {
        observers++;
        elements += entry.getValue().elements();
      }
    }
    node.put("observers", observers).put("elements", elements);
  }

  private void addConditionals(ArrayNode conditionals, CodePath path, Graph graph) {
    for (Node.Call call : graph.calls()) {
      if (call.isControlFlow()) {
        ObjectNode node =
            conditionals
                .addObject()
                .put("codePath", path.text())
                .put("call", call.name())
                .put("operator", call.target().substring(call.target().indexOf('.') + 1))
                .put("samples", samples(path));
        ArrayNode sides = node.putArray("sides");
        for (Argument.Sub sub : call.subgraphs().toList()) {
          addPath(sides, path.child(sub.name()), samples(path));
        }
        addMargins(node.putArray("margins"), path, call);
      }
    }
  }

  /** How near to their threshold the values come that decide about {@code call}. */
  private void addMargins(ArrayNode margins, CodePath path, Node.Call call) {
    Map<ObserverId, Statistic> statistics = results.statistics().statistics();
    for (DecidingComparison comparison : DecidingComparisons.of(prepared.program(), path, call)) {
      Statistic difference = statistics.getOrDefault(comparison.difference(), Statistic.EMPTY);
      Statistic compared = statistics.getOrDefault(comparison.compared(), Statistic.EMPTY);
      if (difference.counts().finite() > 0) {
        double step = step(compared);
        long near = difference.within(step);
        margins
            .addObject()
            .put("codePath", comparison.path().text())
            .put("comparison", comparison.node())
            .put("operator", comparison.operator())
            .put("step", step)
            .put("decisions", difference.elements())
            .put("withinOneStep", near)
            .put("share", (double) near / difference.elements());
      }
    }
  }

  /** One of the 255 that lead from the least to the greatest value, zero included. */
  private static double step(Statistic compared) {
    return (Math.max(compared.max(), 0.0) - Math.min(compared.min(), 0.0)) / INT8_STEPS;
  }
}
