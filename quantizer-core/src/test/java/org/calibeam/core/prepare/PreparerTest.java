package org.calibeam.core.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.annotate.AnnotationStep;
import org.calibeam.core.annotate.Annotator;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.qspec.QuantizationConfig;
import org.junit.jupiter.api.Test;

class PreparerTest {
  private static final AnnotationStep GLOBAL =
      new AnnotationStep(new NodeFinder.Global(), Optional.of(QuantizationConfig.symmetric()));

  private static Preparer.PreparedGraph prepare(
      List<AnnotationStep> steps, GraphSketch sketch, String... outputs) {
    Graph graph = sketch.returns(outputs);
    return Preparer.prepare(
        CodePath.MAIN,
        new Annotator(steps, Optional.of(GLOBAL))
            .annotate(CodePath.MAIN, graph, sketch.constants()),
        sketch.constants());
  }

  private static List<String> observersOf(Preparer.PreparedGraph prepared) {
    return prepared.graph().calls().stream()
        .filter(c -> c.isTarget(PreparedProgram.OBSERVE))
        .map(PreparedProgram::observerOf)
        .toList();
  }

  @Test
  void prepare_convolution_observesInputWeightBiasAndOutputOnce() {
    GraphSketch sketch =
        new GraphSketch()
            .weight("w", 4, 3, 3, 3)
            .weight("b", 4)
            .input("x", 1, 3, 8, 8)
            .call("conv", "aten.conv2d.default", sizes(1, 4, 6, 6), "x", "w", "b");
    Preparer.PreparedGraph prepared = prepare(List.of(), sketch, "conv");
    assertThat(observersOf(prepared)).containsExactlyInAnyOrder("x", "w->conv", "b->conv", "conv");
    assertThat(prepared.observers().get("w->conv")).isInstanceOf(PreparedObserver.Weight.class);
    assertThat(prepared.observers().get("x")).isInstanceOf(PreparedObserver.Activation.class);
    assertThat(prepared.observers().get("b->conv"))
        .isEqualTo(
            new PreparedObserver.Bias(
                ((PreparedObserver.Bias) prepared.observers().get("b->conv")).spec(),
                new ObserverId(CodePath.MAIN, "x"),
                new ObserverId(CodePath.MAIN, "w->conv"),
                Optional.of(sketch.constants().get("b").tensor())));
  }

  @Test
  void prepare_cat_givesOperandsAndResultOneObserver() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 3)
            .input("y", 2, 3)
            .call("cat", "aten.cat.default", sizes(4, 3), Argument.refs(List.of("x", "y")));
    Preparer.PreparedGraph prepared = prepare(List.of(), sketch, "cat");
    assertThat(prepared.observers()).hasSize(1);
    assertThat(observersOf(prepared)).hasSize(3);
  }

  @Test
  void prepare_uint8InputBeforeInt8_chainsTwoObservers() {
    QuantizationConfig uint8 = QuantizationConfig.uint8Io(false, false, QuantizationConfig.EPS);
    GraphSketch sketch =
        new GraphSketch().input("x", 2, 3).call("gelu", "aten.gelu.default", sizes(2, 3), "x");
    Preparer.PreparedGraph prepared =
        prepare(
            List.of(new AnnotationStep(new NodeFinder.Inputs(), Optional.of(uint8))),
            sketch,
            "gelu");
    Node.Call gelu = prepared.graph().call("gelu").orElseThrow();
    Node.Call inner = prepared.graph().call(gelu.ref(0).orElseThrow()).orElseThrow();
    Node.Call outer = prepared.graph().call(inner.ref(0).orElseThrow()).orElseThrow();
    assertThat(PreparedProgram.observerOf(inner)).isEqualTo("x->gelu");
    assertThat(PreparedProgram.observerOf(outer)).isEqualTo("x");
    assertThat(outer.ref(0)).contains("x");
  }

  @Test
  void prepare_sameOperandTwice_observesItOnce() {
    GraphSketch sketch =
        new GraphSketch().input("x", 2, 3).call("add", "aten.add.Tensor", sizes(2, 3), "x", "x");
    assertThat(observersOf(prepare(List.of(), sketch, "add"))).containsExactly("x", "add");
  }
}
