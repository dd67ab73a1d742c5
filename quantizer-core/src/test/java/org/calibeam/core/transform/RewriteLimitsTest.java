package org.calibeam.core.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.Node;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where rewrites do not fire, and what they say then. */
class RewriteLimitsTest {
  private static final Dim BATCH = new Dim.Symbolic("Symbol('s0')", Optional.of(3L));

  private final TransformForAnnotation transform =
      new TransformForAnnotation(
          new ViewEvaluator().orElse(new LibtorchEvaluator()),
          TransformForAnnotation.Mode.POST_TRAINING);

  @Test
  void apply_varianceOfOneElement_leftWithNote() {
    assertLeft(
        new GraphSketch().input("x", 3, 1).derive("var", "aten.var.dim", "x", Argument.ints(1)),
        "var: variance of 1 elements, correction 1.0");
  }

  @Test
  void apply_normOfOrderThree_leftWithNote() {
    assertLeft(
        new GraphSketch()
            .input("x", 3, 4)
            .derive("norm", "aten.linalg_vector_norm.default", "x", Argument.of(3)),
        "norm: a norm of order 3.0 is not decomposed");
  }

  @Test
  void apply_indicesOfMaximumUsed_leftWithNote() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 3, 4)
            .derive("max", "aten.max.dim", "x", Argument.of(1))
            .derive("values", "_operator.getitem", "max", Argument.of(0))
            .derive("indices", "_operator.getitem", "max", Argument.of(1));
    Transformed result =
        transform.apply(
            new GraphAndConstants(sketch.returns("values", "indices"), sketch.constants()));
    assertThat(targets(result)).startsWith("aten.max.dim");
    assertThat(result.notes())
        .containsExactly("max: its indices are used, so it is not decomposed");
  }

  @Test
  void apply_productWithVector_left() {
    assertLeft(
        new GraphSketch()
            .input("x", 3, 4)
            .input("y", 4)
            .derive("product", "aten.matmul.default", "x", "y"));
  }

  @Test
  void apply_divisionOfIntegers_left() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", DType.INT32, 3)
            .input("y", DType.INT32, 3)
            .derive("div", "aten.div.Tensor_mode", "x", "y", new Argument.StringValue("floor"));
    assertLeft(sketch);
  }

  @Test
  void apply_labelTwiceInEinsum_leftWithNote() {
    GraphSketch sketch =
        new GraphSketch()
            .input("x", 3, 3)
            .call(
                "einsum",
                "aten.einsum.default",
                new long[] {3},
                new Argument.StringValue("ii->i"),
                Argument.refs(List.of("x")));
    assertLeft(sketch, "einsum: an einsum with a label twice in an operand or with a path stays");
  }

  @Test
  void apply_batchNormInTraining_left() {
    GraphSketch sketch =
        new GraphSketch()
            .weight("mean", 4)
            .weight("var", 4)
            .input("x", 1, 4, 2, 2)
            .derive(
                "bn",
                "aten.batch_norm.default",
                "x",
                Argument.NONE,
                Argument.NONE,
                "mean",
                "var",
                Argument.of(true),
                Argument.of(0.1),
                Argument.of(1e-5),
                Argument.of(false));
    assertLeft(sketch);
  }

  @Test
  void apply_attentionWithDropout_left() {
    GraphSketch sketch =
        new GraphSketch()
            .input("q", 1, 2, 5, 8)
            .call(
                "attention",
                "aten.scaled_dot_product_attention.default",
                new long[] {1, 2, 5, 8},
                "q",
                "q",
                "q",
                Argument.NONE,
                Argument.of(0.5));
    assertLeft(sketch);
  }

  @Test
  void apply_constantIndexTwice_accumulationLeftWithNote() {
    GraphSketch sketch =
        new GraphSketch()
            .constant(
                "index", Constant.buffer(TensorData.ofLongs(DType.INT32, new long[] {1, 1}, 2)))
            .input("x", 3, 2)
            .input("y", 2, 2)
            .derive(
                "put",
                "aten.index_put.default",
                "x",
                new Argument.OptionalRefs(List.of(Optional.of(Argument.ref("index")))),
                "y",
                Argument.of(true));
    assertLeft(sketch, "put: an index occurs twice, so it is not decomposed");
  }

  @Test
  void apply_int64ConstantTooLarge_left() {
    GraphSketch sketch =
        new GraphSketch()
            .derive("full", "aten.full.default", Argument.ints(2), Argument.of(1L << 40));
    assertLeft(sketch);
  }

  @Test
  void apply_constantThatTheProgramWrites_notFolded() {
    GraphSketch sketch = new GraphSketch().weight("state", 3).input("x", 3);
    sketch.derive("neg", "aten.neg.default", "state").derive("sum", "aten.add.Tensor", "x", "neg");
    GraphAndConstants before =
        new GraphAndConstants(sketch.returns("sum"), sketch.constants(), Set.of(), Set.of("state"));
    assertThat(targets(transform.apply(before)))
        .containsExactly("aten.neg.default", "aten.add.Tensor");
  }

  @Test
  void apply_randomConstant_notFolded() {
    GraphSketch sketch = new GraphSketch().weight("w", 3).input("x", 3);
    sketch
        .derive("noisy", "aten.dropout.default", "w", Argument.of(0.5), Argument.of(true))
        .derive("sum", "aten.add.Tensor", "x", "noisy");
    assertThat(
            targets(
                transform.apply(new GraphAndConstants(sketch.returns("sum"), sketch.constants()))))
        .containsExactly("aten.dropout.default", "aten.add.Tensor");
  }

  @Test
  void apply_adaptivePoolOfSymbolicExtent_leftWithNote() {
    TensorSpec image =
        TensorSpec.contiguous(DType.FLOAT32, List.of(Dim.of(1), Dim.of(4), BATCH, Dim.of(8)));
    assertLeft(
        new GraphSketch()
            .input("x", image)
            .derive("pool", "aten.adaptive_avg_pool2d.default", "x", Argument.ints(1, 1)),
        "pool: DecomposeAdaptiveAvgPool2d does not apply: the extent Symbol('s0') is known only"
            + " for a sample");
  }

  @Test
  void apply_symbolicBatchTimesMatrix_leftWithNote() {
    TensorSpec rows = TensorSpec.contiguous(DType.FLOAT32, List.of(BATCH, Dim.of(4), Dim.of(8)));
    assertLeft(
        new GraphSketch()
            .weight("w", 8, 3)
            .input("x", rows)
            .derive("project", "aten.matmul.default", "x", "w"),
        "project: DecomposeMatmul does not apply: the extent Symbol('s0') is known only for a"
            + " sample");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void apply_symbolicBatch_computesTheSame(int batch) {
    TensorSpec rows = TensorSpec.contiguous(DType.FLOAT32, List.of(BATCH, Dim.of(4), Dim.of(8)));
    GraphSketch sketch =
        new GraphSketch()
            .weight("gamma", 8)
            .input("x", rows)
            .derive("scaled", "aten.mul.Tensor", "x", Argument.of(0.5))
            .derive(
                "norm",
                "aten.layer_norm.default",
                "scaled",
                Argument.ints(8),
                "gamma",
                Argument.NONE,
                Argument.of(1e-5))
            .derive("soft", "aten.softmax.int", "norm", Argument.of(-1))
            .derive("mean", "aten.mean.dim", "soft", Argument.ints(1))
            .derive("turned", "aten.transpose.int", "norm", Argument.of(1), Argument.of(2))
            .derive("gram", "aten.matmul.default", "norm", "turned")
            .derive("glu", "aten.split.Tensor", "norm", Argument.of(4), Argument.of(2))
            .derive("half", "_operator.getitem", "glu", Argument.of(0))
            .derive("var", "aten.var.correction", "half", Argument.ints(2))
            .derive("root", "aten.sqrt.default", "var")
            .derive("ratio", "aten.div.Tensor", "root", Argument.of(3.0));
    GraphAndConstants before =
        new GraphAndConstants(sketch.returns("mean", "gram", "ratio"), sketch.constants());
    Transformed after = transform.apply(before);
    assertThat(after.notes()).isEmpty();
    assertThat(targets(after))
        .doesNotContain(
            "aten.layer_norm.default",
            "aten.softmax.int",
            "aten.mean.dim",
            "aten.matmul.default",
            "aten.var.correction",
            "aten.sqrt.default",
            "aten.div.Tensor");
    SameResults.assertSame(before, after.result(), Map.of(BATCH, (long) batch));
  }

  @Test
  void apply_trainingMode_batchNormStaysBesideConvolution() {
    GraphSketch sketch =
        new GraphSketch()
            .weight("w", 4, 4, 1, 1)
            .weight("mean", 4)
            .weight("var", 4)
            .input("x", 1, 4, 2, 2)
            .derive("shifted", "aten.add.Tensor", "x", Argument.of(1.0))
            .derive("conv", "aten.conv2d.default", "shifted", "w")
            .derive(
                "bn",
                "aten.batch_norm.default",
                "conv",
                Argument.NONE,
                Argument.NONE,
                "mean",
                "var",
                Argument.of(false));
    GraphAndConstants before = new GraphAndConstants(sketch.returns("bn"), sketch.constants());
    Graph after =
        new TransformForAnnotation(new ViewEvaluator(), TransformForAnnotation.Mode.TRAINING)
            .apply(before)
            .result()
            .graph();
    List<String> names = after.nodes().stream().map(Node::name).toList();
    assertThat(names)
        .containsExactly(
            "x", "_tensor_constant_0", "add", "w", "mean", "var", "conv2d", "batch_norm");
  }

  private void assertLeft(GraphSketch sketch, String... notes) {
    Graph graph = sketch.returns(last(sketch));
    GraphAndConstants before = new GraphAndConstants(graph, sketch.constants());
    Transformed result = transform.apply(before);
    assertThat(targets(result)).containsExactlyElementsOf(targets(graph));
    assertThat(result.notes()).containsExactly(notes);
  }

  private static String last(GraphSketch sketch) {
    List<Node> nodes = sketch.nodes();
    return nodes.get(nodes.size() - 1).name();
  }

  private static List<String> targets(Transformed transformed) {
    return targets(transformed.result().graph());
  }

  private static List<String> targets(Graph graph) {
    return new ArrayList<>(graph.calls().stream().map(Node.Call::target).toList());
  }
}
