package org.calibeam.core.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.Set;
import org.calibeam.core.annotate.GraphView;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.junit.jupiter.api.Test;

class DuplicateDequantizeTest {
  private static final String DEQUANTIZE = "quantized_decomposed.dequantize_per_tensor.default";

  private static Graph forked() {
    return new GraphSketch()
        .input("q", 2)
        .call("dq", DEQUANTIZE, sizes(2), "q")
        .call("a", "aten.gelu.default", sizes(2), "dq")
        .call("b", "aten.gelu.default", sizes(2), "dq")
        .call("c", "aten.mish.default", sizes(2), "dq")
        .returns("a", "b", "c", "dq");
  }

  @Test
  void apply_annotatedReaders_getTheirOwn() {
    Graph graph = DuplicateDequantize.apply(forked(), Set.of("a", "b", GraphView.OUTPUT));
    assertThat(graph.calls().stream().filter(c -> c.isTarget(DEQUANTIZE))).hasSize(4);
    assertThat(graph.users("dq")).containsExactly("c");
    assertThat(graph.outputNames().get(3)).isNotEqualTo("dq");
  }

  @Test
  void apply_oneReader_keepsTheOriginal() {
    Graph single =
        new GraphSketch()
            .input("q", 2)
            .call("dq", DEQUANTIZE, sizes(2), "q")
            .call("a", "aten.add.Tensor", sizes(2), "dq", "dq")
            .returns("a");
    assertThat(DuplicateDequantize.apply(single, Set.of("a"))).isEqualTo(single);
  }

  @Test
  void apply_noReaderAnnotated_changesNothing() {
    assertThat(DuplicateDequantize.apply(forked(), Set.of())).isEqualTo(forked());
  }
}
