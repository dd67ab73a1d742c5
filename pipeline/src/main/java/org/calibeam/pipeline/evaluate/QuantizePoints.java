package org.calibeam.pipeline.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.prepare.ObservationPoints;
import org.calibeam.core.prepare.ObserverId;

/**
 * A quantized program that shows what it quantizes while it runs, in floating point. Constants, and
 * tensors whose qparams are chosen for each sample, are left out.
 *
 * @param program the program with observation points
 * @param ranges what becomes of the values that each sees
 */
record QuantizePoints(Program program, Map<ObserverId, IntegerRange> ranges) {
  static QuantizePoints of(Program quantized) {
    TreeMap<ObserverId, IntegerRange> ranges = new TreeMap<>();
    Program watched =
        ObservationPoints.insert(quantized, (path, graph) -> points(path, graph, ranges));
    return new QuantizePoints(watched, ranges);
  }

  private static Map<String, String> points(
      CodePath path, Graph graph, Map<ObserverId, IntegerRange> ranges) {
    Map<String, String> points = new LinkedHashMap<>();
    for (Node.Call call : graph.calls()) {
      if (call.isTarget(QuantizedDecomposed.QUANTIZE)) {
        String tensor = call.ref(0).orElseThrow();
        // A tensor that is quantized twice is seen once, in its first range.
        if (!points.containsKey(tensor) && !(graph.node(tensor) instanceof Node.GetAttr)) {
          points.put(tensor, tensor);
          ranges.put(new ObserverId(path, tensor), range(call));
        }
      }
    }
    return points;
  }

  private static IntegerRange range(Node.Call call) {
    return new IntegerRange(
        ((Argument.FloatValue) call.argument(1).orElseThrow()).value(),
        integer(call, 2),
        integer(call, 3),
        integer(call, 4));
  }

  private static long integer(Node.Call call, int index) {
    return ((Argument.IntValue) call.argument(index).orElseThrow()).value();
  }
}
