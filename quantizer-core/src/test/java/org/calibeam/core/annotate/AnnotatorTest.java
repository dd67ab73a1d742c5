package org.calibeam.core.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.qspec.EdgeOrNode;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationSpec;
import org.calibeam.core.tensor.DType;
import org.junit.jupiter.api.Test;

class AnnotatorTest {
  private static final QuantizationConfig INT8 = QuantizationConfig.symmetric();
  private static final AnnotationStep GLOBAL =
      new AnnotationStep(new NodeFinder.Global(), Optional.of(INT8));

  private static Annotator global() {
    return new Annotator(List.of(), Optional.of(GLOBAL));
  }

  private static GraphSketch convolution() {
    return new GraphSketch()
        .weight("w", 4, 3, 3, 3)
        .weight("b", 4)
        .input("x", 1, 3, 8, 8)
        .call("conv", "aten.conv2d.default", sizes(1, 4, 6, 6), "x", "w", "b");
  }

  private static AnnotatedGraph annotate(
      Annotator annotator, GraphSketch sketch, String... outputs) {
    Graph graph = sketch.returns(outputs);
    return annotator.annotate(CodePath.MAIN, graph, sketch.constants());
  }

  @Test
  void patterns_haveTheCountsOfTheReference() {
    // 128 single keys there include aten.full and aten.floor without overload, which match nothing.
    assertThat(PatternTable.all()).hasSize(126 + 35 + 28);
  }

  @Test
  void annotate_convolutionAndRelu_fuses() {
    AnnotatedGraph annotated =
        annotate(
            global(),
            convolution().call("relu", "aten.relu.default", sizes(1, 4, 6, 6), "conv"),
            "relu");
    Annotation conv = annotated.annotations().get("conv");
    assertThat(conv.inputs().keySet()).containsExactly("x", "w", "b");
    assertThat(conv.output()).isEmpty();
    assertThat(conv.inputs().get("b").orElseThrow())
        .isInstanceOf(QuantizationSpec.DerivedBias.class);
    Annotation relu = annotated.annotations().get("relu");
    assertThat(relu.inputs()).isEmpty();
    assertThat(relu.output()).isEqualTo(INT8.outputActivation());
  }

  @Test
  void annotate_reluAfterAFork_isNotFusedButShares() {
    AnnotatedGraph annotated =
        annotate(
            global(),
            convolution().call("relu", "aten.relu.default", sizes(1, 4, 6, 6), "conv"),
            "relu",
            "conv");
    assertThat(annotated.annotations().get("conv").output()).isPresent();
    assertThat(annotated.annotations().get("relu").output())
        .contains(new QuantizationSpec.Shared(new EdgeOrNode.Edge("conv", "relu")));
    assertThat(annotated.annotations().get("relu").inputs().get("conv"))
        .isEqualTo(INT8.outputActivation());
  }

  @Test
  void annotate_hardtanhNotFromZero_isNotFused() {
    AnnotatedGraph annotated =
        annotate(
            global(),
            convolution()
                .call(
                    "tanh",
                    "aten.hardtanh.default",
                    sizes(1, 4, 6, 6),
                    "conv",
                    Argument.of(-1.0),
                    Argument.of(1.0)),
            "tanh");
    assertThat(annotated.annotations().get("conv").output()).isPresent();
    assertThat(annotated.rejections())
        .anySatisfy(r -> assertThat(r.nodes()).containsExactly("conv", "tanh"));
  }

  @Test
  void annotate_nullConfiguration_claimsEveryNodeForFloatingPoint() {
    AnnotationStep none = new AnnotationStep(new NodeFinder.Global(), Optional.empty());
    AnnotatedGraph annotated =
        annotate(
            new Annotator(List.of(), Optional.of(none)),
            convolution().call("view", "aten.view.default", sizes(1, 144), "conv"),
            "view");
    assertThat(annotated.annotations().values())
        .allSatisfy(
            a -> {
              assertThat(a.quantized()).isFalse();
              assertThat(a.output()).isEmpty();
              assertThat(a.inputs().values()).allMatch(Optional::isEmpty);
            });
    assertThat(annotated.annotations()).containsKey("view");
  }

  @Test
  void annotate_noGlobal_leavesNodesOpenToSharing() {
    AnnotationStep conv =
        new AnnotationStep(new NodeFinder.NodeName(Set.of("conv")), Optional.of(INT8));
    AnnotatedGraph annotated =
        annotate(
            new Annotator(List.of(conv), Optional.empty()),
            convolution()
                .call("view", "aten.view.default", sizes(1, 144), "conv")
                .call("gelu", "aten.gelu.default", sizes(1, 144), "view"),
            "gelu");
    assertThat(annotated.annotations().get("view").quantized()).isTrue();
    assertThat(annotated.annotations()).doesNotContainKey("gelu");
  }

  @Test
  void annotate_comparison_sharesBothSides() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 3)
            .input("y", 2, 3)
            .call("gt", "aten.gt.Tensor", DType.BOOL, sizes(2, 3), "x", "y");
    AnnotatedGraph annotated = annotate(global(), sketch, "gt");
    assertThat(annotated.annotations().get("gt").inputs().get("y"))
        .contains(new QuantizationSpec.Shared(new EdgeOrNode.Edge("x", "gt")));
    assertThat(annotated.annotations().get("gt").output()).isEmpty();
  }

  @Test
  void annotate_comparisonOfIntegerWithFloat_givesTheFloatItsOwnSpec() {
    GraphSketch sketch =
        new GraphSketch()
            .input("i", DType.INT32, 2, 3)
            .input("y", 2, 3)
            .call("gt", "aten.gt.Tensor", DType.BOOL, sizes(2, 3), "i", "y");
    AnnotatedGraph annotated = annotate(global(), sketch, "gt");
    assertThat(annotated.annotations().get("gt").inputs().get("y"))
        .isEqualTo(INT8.inputActivation());
  }

  @Test
  void annotate_integerArithmetic_isRejectedWithItsType() {
    GraphSketch sketch =
        new GraphSketch()
            .input("i", DType.INT32, 2)
            .call("add", "aten.add.Tensor", DType.INT32, sizes(2), "i", "i");
    AnnotatedGraph annotated = annotate(global(), sketch, "add");
    assertThat(annotated.annotations()).doesNotContainKey("add");
    assertThat(annotated.rejections().get(0).reason()).contains("int32");
  }

  @Test
  void annotate_hugeConstant_isRejected() {
    GraphSketch sketch =
        new GraphSketch()
            .call("full", "aten.full.default", sizes(1), Argument.ints(1), Argument.of(1e20));
    assertThat(annotate(global(), sketch, "full").annotations()).doesNotContainKey("full");
  }

  @Test
  void annotate_uint8Boundary_keepsACatFloating() {
    QuantizationConfig uint8 = QuantizationConfig.uint8Io(false, false, QuantizationConfig.EPS);
    AnnotationStep inputs = new AnnotationStep(new NodeFinder.Inputs(), Optional.of(uint8));
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 3)
            .input("y", 2, 3)
            .call("cat", "aten.cat.default", sizes(4, 3), Argument.refs(List.of("x", "y")));
    AnnotatedGraph annotated =
        annotate(new Annotator(List.of(inputs), Optional.of(GLOBAL)), sketch, "cat");
    assertThat(annotated.annotations()).doesNotContainKey("cat");
  }

  @Test
  void moduleFinder_matchesTheModuleAndItsDescendants() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 3)
            .call("a", "aten.gelu.default", sizes(2, 3), "x")
            .with(ModuleStack.KEY, "L__self__,,m.Model;L__self__blocks.0,blocks.0,m.Block")
            .call("b", "aten.gelu.default", sizes(2, 3), "a")
            .with(
                ModuleStack.KEY,
                "L__self__,,m.Model;L__self__blocks,blocks.01,torch.nn.modules.linear.Linear");
    Graph graph = sketch.returns("b");
    GraphView view = new GraphView(CodePath.MAIN, graph, sketch.constants());
    assertThat(
            view.order().stream().filter(n -> new NodeFinder.ModuleName("blocks.0").finds(view, n)))
        .containsExactly("a");
    assertThat(
            view.order().stream()
                .filter(n -> new NodeFinder.ModuleType("torch.nn.Linear").finds(view, n)))
        .containsExactly("b");
    assertThat(
            view.order().stream().filter(n -> new NodeFinder.ModuleType("m.Model").finds(view, n)))
        .containsExactly("a", "b");
  }

  @Test
  void predicateFinder_findsOnlyWhatDecides() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 2, 3)
            .call("y", "aten.gelu.default", sizes(2, 3), "x")
            .call("m", "aten.amax.default", sizes(1, 1), "y")
            .call("p", "aten.gt.Tensor", DType.BOOL, sizes(1, 1), "m", "m")
            .call("c", "higher_order.cond", sizes(2, 3), "p", Argument.refs(List.of("y")));
    Graph graph = sketch.returns("c");
    GraphView view = new GraphView(CodePath.MAIN, graph, sketch.constants());
    assertThat(view.order().stream().filter(n -> new NodeFinder.Predicate().finds(view, n)))
        .containsExactly("m", "p");
  }
}
