package org.calibeam.core.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.calibeam.core.graph.GraphSketch.qparams;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.ops.QuantizedDecomposed;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class RoundedConstantsTest {
  private static final Constant INTEGERS =
      Constant.buffer(TensorData.ofLongs(DType.INT8, new long[] {-100, 0, 7, 100}, 4));

  private static final CodePath WHEN_TRUE = CodePath.MAIN.child("true_graph_0");

  @Test
  void apply_branchThatOnlyRoundsAConstant_holdsItRounded() {
    Program before = program(rounding("c", 0.5, 0.25));
    Program after = RoundedConstants.apply(before, new LibtorchEvaluator());

    assertThat(after.graphs().get(WHEN_TRUE).calls())
        .extracting(Node.Call::target)
        .containsOnly(QuantizedDecomposed.DEQUANTIZE);
    Node.GetAttr rounded = (Node.GetAttr) after.graphs().get(WHEN_TRUE).node("q");
    assertThat(after.constant(rounded).tensor())
        .isEqualTo(TensorData.ofLongs(DType.INT8, new long[] {-128, 0, 14, 127}, 4));
    computesTheSame(before, after);
  }

  @Test
  void apply_branchThatRoundsWhatItComputesFromConstants_holdsTheResult() {
    Graph branch =
        new GraphSketch()
            .constant("c", INTEGERS)
            .input("x", 4)
            .call("d0", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("c", 0.5, 0))
            .call("r", "aten.relu.default", sizes(4), "d0")
            .call("q", QuantizedDecomposed.QUANTIZE, DType.INT8, sizes(4), qparams("r", 0.25, 0))
            .call("d", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("q", 0.25, 0))
            .returns("d");
    Program before = program(branch);
    Program after = RoundedConstants.apply(before, new LibtorchEvaluator());

    Node.GetAttr rounded = (Node.GetAttr) after.graphs().get(WHEN_TRUE).node("q");
    assertThat(after.constant(rounded).tensor())
        .isEqualTo(TensorData.ofLongs(DType.INT8, new long[] {0, 0, 14, 127}, 4));
    computesTheSame(before, after);
  }

  @Test
  void apply_branchThatRoundsItsOperand_isLeftAlone() {
    Graph branch =
        new GraphSketch()
            .input("x", 4)
            .call("q0", QuantizedDecomposed.QUANTIZE, DType.INT8, sizes(4), qparams("x", 0.5, 0))
            .call("d0", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("q0", 0.5, 0))
            .call("q", QuantizedDecomposed.QUANTIZE, DType.INT8, sizes(4), qparams("d0", 0.25, 0))
            .call("d", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("q", 0.25, 0))
            .returns("d");
    Program before = program(branch);
    Program after = RoundedConstants.apply(before, new LibtorchEvaluator());

    assertThat(after.graphs()).isEqualTo(before.graphs());
    assertThat(after.constants()).isEqualTo(before.constants());
  }

  /** A branch that takes {@code x} and gives a constant, rounded to another grid. */
  private static Graph rounding(String constant, double from, double to) {
    return new GraphSketch()
        .constant(constant, INTEGERS)
        .input("x", 4)
        .call("d0", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams(constant, from, 0))
        .call("q", QuantizedDecomposed.QUANTIZE, DType.INT8, sizes(4), qparams("d0", to, 0))
        .call("d", QuantizedDecomposed.DEQUANTIZE, sizes(4), qparams("q", to, 0))
        .returns("d");
  }

  /** Gives what {@code whenTrue} makes of an input, or the input itself. */
  private static Program program(Graph whenTrue) {
    Graph whenFalse =
        new GraphSketch()
            .input("x", 4)
            .call("copy", "aten.clone.default", sizes(4), "x")
            .returns("copy");
    Value result = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 4));
    return new GraphSketch()
        .constant("c", INTEGERS)
        .input("p", DType.BOOL, 1)
        .input("x", 4)
        .add(
            new Node.Call(
                "cond",
                Node.Call.COND,
                List.of(
                    NamedArgument.positional("pred", Argument.ref("p")),
                    NamedArgument.positional("true_fn", new Argument.Sub("true_graph_0", whenTrue)),
                    NamedArgument.positional(
                        "false_fn", new Argument.Sub("false_graph_0", whenFalse)),
                    NamedArgument.positional("operands", Argument.refs(List.of("x")))),
                new Value.Several(List.of(result), false),
                Map.of()))
        .add(Node.Call.getitem("y", "cond", 0, result))
        .program("y");
  }

  private static void computesTheSame(Program before, Program after) {
    try (GraphRunner expected = GraphRunner.load(before);
        GraphRunner actual = GraphRunner.load(after)) {
      for (long side = 0; side < 2; side++) {
        List<TensorData> sample =
            List.of(
                TensorData.ofLongs(DType.BOOL, new long[] {side}, 1),
                TensorData.ofFloats(new float[] {1, 2, 3, 4}, 4));
        assertThat(actual.run(sample)).isEqualTo(expected.run(sample));
      }
    }
  }
}
