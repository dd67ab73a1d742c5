package org.calibeam.core.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.sizes;

import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.tensor.DType;
import org.junit.jupiter.api.Test;

class RankOneTest {

  @Test
  void apply_predicateWithoutDimensions_getsOne() {
    Graph graph =
        new GraphSketch()
            .input("x", 2, 3)
            .call("m", "aten.mean.default", sizes(), "x")
            .call("c", "aten.full.default", sizes(), Argument.ints(), Argument.of(0.5))
            .call("p", "aten.gt.Tensor", DType.BOOL, sizes(), "m", "c")
            .returns("p");
    Graph widened = RankOne.apply(graph);
    assertThat(widened.node("p").spec().orElseThrow().fixedSizes()).containsExactly(1);
    assertThat(widened.calls().get(0).target()).isEqualTo("aten.mean.dim");
    assertThat(widened.calls()).allMatch(c -> c.spec().orElseThrow().rank() > 0);
  }

  @Test
  void apply_unknownOperator_changesNothing() {
    Graph graph =
        new GraphSketch()
            .input("x", 3)
            .call("d", "aten.dot.default", sizes(), "x", "x")
            .returns("d");
    assertThat(RankOne.apply(graph)).isSameAs(graph);
  }
}
