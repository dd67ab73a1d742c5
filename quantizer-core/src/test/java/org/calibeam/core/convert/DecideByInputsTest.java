package org.calibeam.core.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.qparams;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.tensor.DType;
import org.junit.jupiter.api.Test;

class DecideByInputsTest {
  private static final String DECIDES = "calibeam.decides";

  @Test
  void apply_decidingReaderOfARoundedInput_readsTheInput() {
    Graph graph = DecideByInputs.apply(graph(true), Set.of("layer"));

    assertThat(graph.call("level").orElseThrow().ref(0)).contains("x");
    assertThat(graph.call("layer").orElseThrow().ref(0)).contains("d");
  }

  @Test
  void apply_readerThatIsQuantizedOrComputesResults_readsWhatIsRounded() {
    assertThat(DecideByInputs.apply(graph(true), Set.of("layer", "level"))).isEqualTo(graph(true));
    assertThat(DecideByInputs.apply(graph(false), Set.of("layer"))).isEqualTo(graph(false));
  }

  @Test
  void apply_roundedResultOfALayer_staysRounded() {
    Graph graph =
        new GraphSketch()
            .input("x", 4)
            .call("y", "aten.relu.default", sizes(4), "x")
            .call(
                "q",
                "quantized_decomposed.quantize_per_tensor.default",
                DType.INT8,
                sizes(4),
                qparams("y", 0.5, 0))
            .call(
                "d",
                "quantized_decomposed.dequantize_per_tensor.default",
                sizes(4),
                qparams("q", 0.5, 0))
            .call("level", "aten.amax.default", sizes(1), "d", Argument.ints(0), Argument.of(true))
            .with(DECIDES, "true")
            .returns("level");

    assertThat(DecideByInputs.apply(graph, Set.of())).isEqualTo(graph);
  }

  private static Graph graph(boolean decides) {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 4)
            .call(
                "q",
                "quantized_decomposed.quantize_per_tensor.default",
                DType.INT8,
                sizes(4),
                qparams("x", 0.5, 0))
            .call(
                "d",
                "quantized_decomposed.dequantize_per_tensor.default",
                sizes(4),
                qparams("q", 0.5, 0))
            .call("layer", "aten.relu.default", sizes(4), "d")
            .call("level", "aten.amax.default", sizes(1), "d", Argument.ints(0), Argument.of(true));
    return (decides ? sketch.with(DECIDES, "true") : sketch).returns("layer", "level");
  }
}
