package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.prepare.ObservationPoints;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.pipeline.io.InputSample;

/**
 * How far the tensors that a program quantizes are from those of the float program, each right
 * before it is quantized: what all that comes before has done to it. Tensors of a loop are those of
 * its last iteration, and samples that take another code path count only where both models came by.
 */
final class LocalErrors implements AutoCloseable {
  private static final String SEEN = "calibeam.local:";

  private final GraphRunner expecting;
  private final GraphRunner judged;
  private final Map<ObserverId, double[]> sums = new TreeMap<>();

  /**
   * @param prepared the program that {@code converted} was made of
   */
  LocalErrors(PreparedProgram prepared, Program converted) {
    Map<CodePath, Map<String, String>> quantized = new TreeMap<>();
    Program shown =
        ObservationPoints.insert(
            converted,
            (path, graph) -> {
              Map<String, String> points = points(graph);
              quantized.put(path, points);
              return points;
            });
    Program floating =
        ObservationPoints.insert(
            prepared.program(),
            (path, graph) -> {
              Map<String, String> points =
                  new LinkedHashMap<>(quantized.getOrDefault(path, Map.of()));
              points.keySet().removeIf(name -> !graph.contains(name));
              return points;
            });
    expecting = GraphRunner.load(floating);
    judged = GraphRunner.load(shown);
  }

  @Override
  public void close() {
    expecting.close();
    judged.close();
  }

  private static Map<String, String> points(Graph graph) {
    Map<String, String> points = new LinkedHashMap<>();
    for (Node.Call call : graph.calls()) {
      if (call.isTarget(QuantizedDecomposed.QUANTIZE)
          && call.ref(0).isPresent()
          && !(graph.node(call.ref(0).get()) instanceof Node.GetAttr)) {
        points.put(call.ref(0).get(), SEEN + call.ref(0).get());
      }
    }
    return points;
  }

  /** Keeps what one run shows. */
  private static final class Keeping implements ForwardListener {
    private final Map<ObserverId, float[]> seen = new TreeMap<>();

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      if (id.name().startsWith(SEEN)) {
        seen.put(id, value.toData().toFloats());
      }
    }
  }

  /** Adds a sample. */
  void add(InputSample sample) {
    Keeping wanted = new Keeping();
    Keeping given = new Keeping();
    expecting.run(sample.inputs(), wanted);
    judged.run(sample.inputs(), given);
    given.seen.forEach(
        (id, values) -> {
          float[] expected = wanted.seen.get(id);
          if (expected != null && expected.length == values.length) {
            double[] sum = sums.computeIfAbsent(id, i -> new double[2]);
            for (int i = 0; i < values.length; i++) {
              double difference = (double) expected[i] - values[i];
              if (Double.isFinite(difference)) {
                sum[0] += (double) expected[i] * expected[i];
                sum[1] += difference * difference;
              }
            }
          }
        });
  }

  ObjectNode json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode tensors = root.putArray("tensors");
    sums.forEach(
        (id, sum) -> {
          ObjectNode node =
              tensors
                  .addObject()
                  .put("codePath", id.codePath().text())
                  .put("tensor", id.name().substring(SEEN.length()));
          if (sum[0] > 0 && sum[1] > 0) {
            node.put("sqnrDb", 10 * StrictMath.log10(sum[0] / sum[1]));
          } else {
            node.putNull("sqnrDb");
          }
        });
    return root;
  }
}
