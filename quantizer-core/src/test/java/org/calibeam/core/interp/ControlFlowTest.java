package org.calibeam.core.interp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.calibeam.core.graph.GraphSketch.sizes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class ControlFlowTest {
  private static final Value PAIR = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));

  private static Graph branch(String target, double number) {
    return new GraphSketch()
        .input("a", 2)
        .call("r", target, sizes(2), "a", Argument.of(number))
        .returns("r");
  }

  private static Node.Call call(String name, String target, Value value, Argument... arguments) {
    List<NamedArgument> named = new ArrayList<>();
    for (Argument argument : arguments) {
      named.add(NamedArgument.positional("", argument));
    }
    return new Node.Call(name, target, named, value, Map.of());
  }

  private static Node.Call cond(String predicate, Graph yes, Graph no, String... operands) {
    return call(
        "c",
        Node.Call.COND,
        new Value.Several(List.of(PAIR), false),
        Argument.ref(predicate),
        new Argument.Sub("true_graph_0", yes),
        new Argument.Sub("false_graph_0", no),
        Argument.refs(List.of(operands)));
  }

  private static TensorData pair(float a, float b) {
    return TensorData.ofFloats(new float[] {a, b}, 2);
  }

  private static TensorData flag(boolean value) {
    return TensorData.ofLongs(DType.BOOL, new long[] {value ? 1 : 0});
  }

  private static final class Entered implements ForwardListener {
    private final List<String> paths = new ArrayList<>();

    @Override
    public void enter(CodePath path) {
      paths.add(path.text());
    }
  }

  @Test
  void cond_eitherPredicate_runsThatBranchAndSaysSo() {
    Program program =
        new GraphSketch()
            .input("p", DType.BOOL)
            .input("x", 2)
            .add(cond("p", branch("aten.add.Scalar", 1), branch("aten.mul.Scalar", 10), "x"))
            .add(Node.Call.getitem("y", "c", 0, PAIR))
            .program("y");
    try (GraphRunner runner = GraphRunner.load(program)) {
      Entered entered = new Entered();
      assertThat(runner.run(List.of(flag(true), pair(1, 2)), entered).get(0).toFloats())
          .containsExactly(2, 3);
      assertThat(runner.run(List.of(flag(false), pair(1, 2)), entered).get(0).toFloats())
          .containsExactly(10, 20);
      assertThat(entered.paths)
          .containsExactly("main", "main/true_graph_0", "main", "main/false_graph_0");
    }
  }

  @Test
  void cond_literalPredicate_runsThatBranch() {
    Node.Call literal =
        call(
            "c",
            Node.Call.COND,
            new Value.Several(List.of(PAIR), false),
            Argument.of(false),
            new Argument.Sub("true_graph_0", branch("aten.add.Scalar", 1)),
            new Argument.Sub("false_graph_0", branch("aten.mul.Scalar", 10)),
            Argument.refs(List.of("x")));
    Program program =
        new GraphSketch()
            .input("x", 2)
            .add(literal)
            .add(Node.Call.getitem("y", "c", 0, PAIR))
            .program("y");
    try (GraphRunner runner = GraphRunner.load(program)) {
      assertThat(runner.run(List.of(pair(1, 2))).get(0).toFloats()).containsExactly(10, 20);
    }
  }

  @Test
  void cond_predicateOfSeveralElements_isRefused() {
    Program program =
        new GraphSketch()
            .input("x", 2)
            .call("p", "aten.gt.Scalar", DType.BOOL, sizes(2), "x", Argument.of(0))
            .add(cond("p", branch("aten.add.Scalar", 1), branch("aten.mul.Scalar", 10), "x"))
            .add(Node.Call.getitem("y", "c", 0, PAIR))
            .program("y");
    try (GraphRunner runner = GraphRunner.load(program)) {
      assertThatThrownBy(() -> runner.run(List.of(pair(1, 2))))
          .isInstanceOf(SamplesException.class)
          .hasMessageStartingWith(
              "The sample makes c (higher_order.cond in main) fail: its condition has 2 elements");
    }
  }

  @Test
  void cond_operandGivenTwiceReturnedAndReadLater_isWholeEverywhere() {
    Graph swap = new GraphSketch().input("a", 2).input("b", 2).returns("b");
    Program program =
        new GraphSketch()
            .input("p", DType.BOOL)
            .input("x", 2)
            .call("h", "aten.neg.default", sizes(2), "x")
            .add(cond("p", swap, swap, "h", "h"))
            .add(Node.Call.getitem("y", "c", 0, PAIR))
            .call("z", "aten.add.Tensor", sizes(2), "y", "x")
            .program("z", "y");
    try (GraphRunner runner = GraphRunner.load(program)) {
      List<TensorData> results = runner.run(List.of(flag(true), pair(1, 2)));
      assertThat(results.get(0).toFloats()).containsExactly(0, 0);
      assertThat(results.get(1).toFloats()).containsExactly(-1, -2);
    }
  }

  @Test
  void cond_branchChangesConstantOperandInPlace_nextSampleStartsFromExported() {
    Graph change =
        new GraphSketch()
            .input("w", 2)
            .call("v", "aten.view.default", sizes(2), "w", Argument.ints(2))
            .call("r", "aten.add_.Scalar", sizes(2), "v", Argument.of(1))
            .returns("r");
    Program program =
        new GraphSketch()
            .input("p", DType.BOOL)
            .constant("w", Constant.buffer(pair(5, 6)))
            .add(cond("p", change, change, "w"))
            .add(Node.Call.getitem("y", "c", 0, PAIR))
            .program("y", "w");
    try (GraphRunner runner = GraphRunner.load(program)) {
      for (int i = 0; i < 2; i++) {
        List<TensorData> results = runner.run(List.of(flag(true)));
        assertThat(results.get(0).toFloats()).containsExactly(6, 7);
        assertThat(results.get(1).toFloats()).containsExactly(6, 7);
      }
    }
  }

  @Test
  void cond_branchTakesOtherNumberOfValues_isRefused() {
    Program program =
        new GraphSketch()
            .input("p", DType.BOOL)
            .input("x", 2)
            .add(cond("p", branch("aten.add.Scalar", 1), branch("aten.mul.Scalar", 1), "x", "x"))
            .add(Node.Call.getitem("y", "c", 0, PAIR))
            .program("y");
    assertThatThrownBy(() -> GraphRunner.load(program))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "Cannot run c (higher_order.cond in main): its graph true_graph_0 takes 1 values and is"
                + " given 2. Export the model again.");
  }

  /** while (i < limit) { i += step; x *= 2 } with limit and step from outside. */
  private static Program loop() {
    Graph until =
        new GraphSketch()
            .input("i", DType.INT64)
            .input("x", 2)
            .input("limit", DType.INT64)
            .input("step", DType.INT64)
            .call("r", "aten.lt.Tensor", DType.BOOL, sizes(), "i", "limit")
            .returns("r");
    Graph body =
        new GraphSketch()
            .input("i", DType.INT64)
            .input("x", 2)
            .input("limit", DType.INT64)
            .input("step", DType.INT64)
            .call("j", "aten.add.Tensor", DType.INT64, sizes(), "i", "step")
            .call("y", "aten.mul.Scalar", sizes(2), "x", Argument.of(2))
            .returns("j", "y");
    Value count = new Value.Tensor(TensorSpec.contiguous(DType.INT64));
    return new GraphSketch()
        .constant("step", Constant.buffer(TensorData.ofLongs(DType.INT64, new long[] {2})))
        .input("i", DType.INT64)
        .input("x", 2)
        .input("limit", DType.INT64)
        .add(
            call(
                "w",
                Node.Call.WHILE_LOOP,
                new Value.Several(List.of(count, PAIR), false),
                new Argument.Sub("while_loop_cond_graph_0", until),
                new Argument.Sub("while_loop_body_graph_0", body),
                Argument.refs(List.of("i", "x")),
                Argument.refs(List.of("limit", "step"))))
        .add(Node.Call.getitem("n", "w", 0, count))
        .add(Node.Call.getitem("y", "w", 1, PAIR))
        .program("n", "y", "x");
  }

  private static TensorData count(long value) {
    return TensorData.ofLongs(DType.INT64, new long[] {value});
  }

  @Test
  void whileLoop_someIterations_carriesValuesAndKeepsTheOthers() {
    try (GraphRunner runner = GraphRunner.load(loop())) {
      Entered entered = new Entered();
      List<TensorData> results = runner.run(List.of(count(0), pair(1, -3), count(3)), entered);
      assertThat(results.get(0).toLongs()).containsExactly(4);
      assertThat(results.get(1).toFloats()).containsExactly(4, -12);
      assertThat(results.get(2).toFloats()).containsExactly(1, -3);
      String until = "main/while_loop_cond_graph_0";
      String body = "main/while_loop_body_graph_0";
      assertThat(entered.paths).containsExactly("main", until, body, until, body, until);
    }
  }

  @Test
  void whileLoop_noIteration_returnsTheInitialValues() {
    try (GraphRunner runner = GraphRunner.load(loop())) {
      List<TensorData> results = runner.run(List.of(count(9), pair(1, -3), count(3)));
      assertThat(results.get(0).toLongs()).containsExactly(9);
      assertThat(results.get(1).toFloats()).containsExactly(1, -3);
    }
  }
}
