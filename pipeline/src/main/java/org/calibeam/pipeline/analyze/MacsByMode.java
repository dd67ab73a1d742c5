package org.calibeam.pipeline.analyze;

import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.MultiplyAccumulates;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.DType;

/** Counts a converted program's multiply-accumulates by the integers that go into them. */
final class MacsByMode {
  private static final String DEQUANTIZE = QuantizedDecomposed.NAMESPACE + "dequantize_per_tensor";

  private MacsByMode() {}

  /** An entry per {@link Mode}. */
  static long[] of(Program converted) {
    long[] counts = new long[Mode.values().length];
    for (Graph graph : converted.graphs().values()) {
      for (Node.Call call : graph.calls()) {
        long macs = MultiplyAccumulates.of(call, graph);
        if (macs > 0) {
          counts[mode(call, graph).ordinal()] += macs;
        }
      }
    }
    return counts;
  }

  private static Mode mode(Node.Call call, Graph graph) {
    int activation =
        call.isTarget("aten.addmm.default") || call.isTarget("aten.baddbmm.default") ? 1 : 0;
    Optional<Node.Call> source = call.ref(activation).flatMap(graph::call);
    if (source.isEmpty() || !source.get().target().startsWith(DEQUANTIZE)) {
      return Mode.FLOAT;
    }
    return source.get().argument("dtype").orElse(Argument.NONE)
                instanceof Argument.ScalarTypeValue type
            && type.value() == DType.INT16
        ? Mode.A16W8
        : Mode.A8W8;
  }
}
