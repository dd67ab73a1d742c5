package org.calibeam.core.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.qparams;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Set;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.split.Plan.Step;
import org.calibeam.core.tensor.DType;
import org.junit.jupiter.api.Test;

class WithoutCopiesTest {

  @Test
  void apply_copyOfAnOperand_givesTheOperand() {
    Graph graph =
        WithoutCopies.apply(
            new GraphSketch()
                .input("x", 4)
                .call("copy", "aten.clone.default", sizes(4), "x")
                .call("y", "aten.relu.default", sizes(4), "copy")
                .returns("copy", "y"));

    assertThat(graph.outputNames()).containsExactly("x", "y");
    assertThat(graph.calls()).extracting(Node.Call::name).containsExactly("y");
    assertThat(graph.call("y").orElseThrow().ref(0)).contains("x");
  }

  @Test
  void apply_graphThatWritesInPlace_keepsTheCopy() {
    Graph graph =
        new GraphSketch()
            .input("x", 4)
            .call("copy", "aten.clone.default", sizes(4), "x")
            .call("y", "aten.relu_.default", sizes(4), "copy")
            .returns("x", "y");

    assertThat(WithoutCopies.apply(graph)).isEqualTo(graph);
  }

  @Test
  void step_roundingTwice_roundsInOrder() {
    Graph graph =
        new GraphSketch()
            .input("x", 4)
            .call("q0", QuantizedDecomposed.QUANTIZE, DType.INT8, sizes(4), qparams("x", 0.5, 0))
            .call("d0", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("q0", 0.5, 0))
            .call("q1", QuantizedDecomposed.QUANTIZE, DType.INT8, sizes(4), qparams("d0", 0.75, 0))
            .call("d1", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("q1", 0.75, 0))
            .returns("d1");

    Step step = Requantize.step(graph, Set.of("q0", "d0", "q1", "d1"), List.of("d1")).orElseThrow();

    assertThat(((Step.Round) step).values())
        .containsExactly(
            new Step.Rounding("x", "d0", 0.5, 0, -128, 127),
            new Step.Rounding("d0", "d1", 0.75, 0, -128, 127));
  }
}
