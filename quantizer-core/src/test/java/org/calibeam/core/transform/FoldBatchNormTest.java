package org.calibeam.core.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FoldBatchNormTest {
  private static final Map<String, Golden> GOLDENS = Golden.all("batch-norm.json.gz");
  private static final long[] IMAGE = {1, 2, 4, 4};

  static Stream<String> cases() {
    return GOLDENS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void apply_layerAndBatchNorm_sameBitsAsTorchao(String name) {
    Golden golden = Objects.requireNonNull(GOLDENS.get(name));
    GraphAndConstants folded = FoldBatchNorm.apply(golden.before()).result();
    assertThat(GoldenText.of(folded)).isEqualTo(GoldenText.of(golden.after()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void apply_layerAndBatchNorm_computesTheSame(String name) {
    Golden golden = Objects.requireNonNull(GOLDENS.get(name));
    SameResults.assertSame(golden.before(), FoldBatchNorm.apply(golden.before()).result());
  }

  @Test
  void apply_transposedConvolutionInGroups_computesTheSame() {
    GraphSketch sketch = statistics(new GraphSketch().constant("w", ramp(4, 3, 2, 2)), 6);
    GraphAndConstants before =
        new GraphAndConstants(
            sketch
                .input("x", 1, 4, 3, 3)
                .call(
                    "conv",
                    "aten.conv_transpose2d.input",
                    new long[] {1, 6, 4, 4},
                    "x",
                    "w",
                    Argument.NONE,
                    Argument.ints(1, 1),
                    Argument.ints(0, 0),
                    Argument.ints(0, 0),
                    Argument.of(2))
                .call("bn", "aten.batch_norm.default", new long[] {1, 6, 4, 4}, norm("conv"))
                .returns("bn"),
            sketch.constants());
    GraphAndConstants after = FoldBatchNorm.apply(before).result();
    assertThat(targets(after.graph())).containsExactly("aten.conv_transpose2d.input");
    SameResults.assertSame(before, after);
  }

  @Test
  void apply_convolutionReadElsewhere_leftWithNote() {
    GraphSketch sketch = layer();
    sketch
        .call("bn", "aten.batch_norm.default", IMAGE, norm("conv"))
        .call("add", "aten.add.Tensor", IMAGE, "bn", "conv");
    assertLeft(
        new GraphAndConstants(sketch.returns("add"), sketch.constants()),
        "bn: not folded into conv: its result has other users");
  }

  @Test
  void apply_convolutionReturned_left() {
    GraphSketch sketch = layer();
    sketch.call("bn", "aten.batch_norm.default", IMAGE, norm("conv"));
    assertLeft(
        new GraphAndConstants(sketch.returns("bn", "conv"), sketch.constants()),
        "bn: not folded into conv: its result has other users");
  }

  @Test
  void apply_weightReadTwice_left() {
    GraphSketch sketch = layer();
    sketch
        .call("bn", "aten.batch_norm.default", IMAGE, norm("conv"))
        .call("again", "aten.conv2d.default", IMAGE, "bn", "w", "b");
    assertLeft(
        new GraphAndConstants(sketch.returns("again"), sketch.constants()),
        "bn: not folded into conv: its weight or bias is used elsewhere");
  }

  @Test
  void apply_weightReadByAnotherGraph_left() {
    GraphSketch sketch = layer();
    sketch.call("bn", "aten.batch_norm.default", IMAGE, norm("conv"));
    assertLeft(
        new GraphAndConstants(sketch.returns("bn"), sketch.constants(), Set.of("w"), Set.of()),
        "bn: not folded into conv: its weight or bias is used elsewhere");
  }

  @Test
  void apply_weightComputed_left() {
    GraphSketch sketch = statistics(new GraphSketch(), 2);
    Graph graph =
        sketch
            .input("x", IMAGE)
            .input("w", 2, 2, 1, 1)
            .call("conv", "aten.conv2d.default", IMAGE, "x", "w")
            .call("bn", "aten.batch_norm.default", IMAGE, norm("conv"))
            .returns("bn");
    assertLeft(
        new GraphAndConstants(graph, sketch.constants()),
        "bn: not folded into conv: not all of its tensors are float32 constants");
  }

  @Test
  void apply_linearOverThreeDimensions_left() {
    GraphSketch sketch = statistics(new GraphSketch().weight("w", 4, 4), 3);
    Graph graph =
        sketch
            .input("x", 2, 3, 4)
            .call("linear", "aten.linear.default", new long[] {2, 3, 4}, "x", "w")
            .call("bn", "aten.batch_norm.default", new long[] {2, 3, 4}, norm("linear"))
            .returns("bn");
    assertLeft(
        new GraphAndConstants(graph, sketch.constants()),
        "bn: not folded into linear: a linear layer over more than 2 dimensions");
  }

  @Test
  void apply_behindActivation_leftSilently() {
    GraphSketch sketch = layer();
    sketch
        .call("relu", "aten.relu.default", IMAGE, "conv")
        .call("bn", "aten.batch_norm.default", IMAGE, norm("relu"));
    GraphAndConstants before = new GraphAndConstants(sketch.returns("bn"), sketch.constants());
    Transformed transformed = FoldBatchNorm.apply(before);
    assertThat(transformed.result().graph()).isEqualTo(before.graph());
    assertThat(transformed.notes()).isEmpty();
  }

  @Test
  void apply_noBias_addsParameterNamedAfterWeight() {
    Golden golden = Objects.requireNonNull(GOLDENS.get("linear no bias"));
    GraphAndConstants folded = FoldBatchNorm.apply(golden.before()).result();
    assertThat(folded.constants()).containsKey("m.0.weight_bias");
    assertThat(folded.constants().get("m.0.weight_bias"))
        .extracting(Constant::kind)
        .isEqualTo(Constant.Kind.PARAMETER);
  }

  private static GraphSketch layer() {
    GraphSketch sketch = new GraphSketch().constant("w", ramp(2, 2, 1, 1)).constant("b", ramp(2));
    return statistics(sketch, 2)
        .input("x", IMAGE)
        .call("conv", "aten.conv2d.default", IMAGE, "x", "w", "b");
  }

  private static GraphSketch statistics(GraphSketch sketch, int channels) {
    return sketch
        .constant("gamma", ramp(channels))
        .constant("beta", ramp(channels))
        .constant("mean", ramp(channels))
        .constant("var", ramp(channels));
  }

  private static Object[] norm(String input) {
    return new Object[] {
      input,
      "gamma",
      "beta",
      "mean",
      "var",
      Argument.of(false),
      Argument.of(0.1),
      Argument.of(1e-5),
      Argument.of(false)
    };
  }

  private static Constant ramp(long... sizes) {
    int elements = 1;
    for (long size : sizes) {
      elements = Math.toIntExact(elements * size);
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = 0.25f * i + 0.5f;
    }
    return Constant.parameter(TensorData.ofFloats(values, sizes));
  }

  private static List<String> targets(Graph graph) {
    return graph.calls().stream().map(Node.Call::target).toList();
  }

  private static void assertLeft(GraphAndConstants before, String note) {
    Transformed transformed = FoldBatchNorm.apply(before);
    assertThat(transformed.result().graph()).isEqualTo(before.graph());
    assertThat(transformed.result().constants()).isEqualTo(before.constants());
    assertThat(transformed.notes()).containsExactly(note);
    TransformForAnnotation transform =
        new TransformForAnnotation(new ViewEvaluator(), TransformForAnnotation.Mode.POST_TRAINING);
    GraphAndConstants decomposed = transform.apply(transformed.result()).result();
    assertThat(targets(decomposed.graph())).doesNotContain("aten.batch_norm.default");
    SameResults.assertSame(before, decomposed);
  }
}
