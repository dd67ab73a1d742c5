package org.calibeam.core.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BranchConstantsTest {
  private static final Value VECTOR = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
  private static final Value FLAG = new Value.Tensor(TensorSpec.contiguous(DType.BOOL));

  @Test
  void resolve_nestedConds_onlyDataStaysAnOperand() {
    Program program = nested();
    Program resolved = ResolveBranchConstants.apply(program);

    Map<CodePath, Graph> graphs = resolved.graphs();
    assertThat(graphs.keySet()).isEqualTo(program.graphs().keySet());
    graphs.forEach((path, graph) -> assertThat(names(graph.placeholders())).containsExactly("x"));
    assertThat(used(graphs.get(CodePath.MAIN))).containsExactly("d.bias", "d.weight");
    assertThat(used(graphs.get(new CodePath("main/true_graph_0")))).isEmpty();
    assertThat(used(graphs.get(new CodePath("main/true_graph_0/true_graph_0"))))
        .containsExactlyInAnyOrder("a.weight", "a.bias");
    assertThat(used(graphs.get(new CodePath("main/true_graph_0/false_graph_0"))))
        .containsExactlyInAnyOrder("b.weight", "b.bias");
    assertThat(used(graphs.get(new CodePath("main/false_graph_0"))))
        .containsExactlyInAnyOrder("c.weight", "c.bias");
  }

  @Test
  void lift_resolvedNestedConds_sameInputsAndCalls() {
    Program program = nested();
    Program lifted = LiftBranchConstants.apply(ResolveBranchConstants.apply(program));

    assertThat(names(lifted.main().nodes())).isEqualTo(names(program.main().nodes()));
    assertThat(lifted.main().placeholders()).isEqualTo(program.main().placeholders());
    assertNoConstantsInBranches(lifted);
    lifted.graphs().forEach((path, graph) -> assertOperandsFit(graph));
    for (CodePath path : program.graphs().keySet()) {
      assertThat(targets(lifted.graphs().get(path))).isEqualTo(targets(program.graphs().get(path)));
    }
    assertThat(LiftBranchConstants.apply(ResolveBranchConstants.apply(lifted))).isEqualTo(lifted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"small_cnn", "segmenter"})
  void resolveAndLift_programWithoutControlFlow_unchanged(String fixture) {
    Program program = Pt2Reader.read(Fixtures.file(fixture + "/model.pt2"));

    assertThat(ResolveBranchConstants.apply(program)).isEqualTo(program);
    assertThat(LiftBranchConstants.apply(program)).isEqualTo(program);
  }

  @Test
  void resolve_whileLoop_additionalInputsOnly() {
    Program resolved = ResolveBranchConstants.apply(loop());

    Node.Call call = resolved.main().call("loop").orElseThrow();
    assertThat(call.argument(2)).contains(Argument.refs(List.of("start", "x")));
    assertThat(call.argument(3)).contains(Argument.refs(List.of("y")));
    List<Graph> branches = call.subgraphs().map(Argument.Sub::graph).toList();
    assertThat(names(branches.get(0).placeholders())).containsExactly("c0", "c1", "c2");
    assertThat(used(branches.get(0))).isEmpty();
    assertThat(names(branches.get(1).placeholders())).containsExactly("b0", "b1", "b2");
    assertThat(used(branches.get(1))).containsExactly("w");
    assertThat(used(resolved.main())).containsExactly("s");
  }

  @Test
  void lift_whileLoop_constantsBecomeAdditionalInputsOfBothGraphs() {
    Program lifted = LiftBranchConstants.apply(ResolveBranchConstants.apply(loop()));

    Node.Call call = lifted.main().call("loop").orElseThrow();
    assertThat(call.argument(2)).contains(Argument.refs(List.of("start", "x")));
    assertThat(call.argument(3)).contains(Argument.refs(List.of("y", "b3")));
    assertThat(lifted.main().node("b3"))
        .isInstanceOfSatisfying(Node.GetAttr.class, a -> assertThat(a.constant()).isEqualTo("w"));
    assertOperandsFit(lifted.main());
    assertNoConstantsInBranches(lifted);
  }

  @Test
  void lift_constantUsedTwiceInOneBranchAndOnceInOther_oneOperand() {
    Graph left = graph(List.of(get("w", "w"), get("again", "w"), add("sum", "w", "again")), "sum");
    Graph right =
        graph(List.of(get("weight.v", "w"), get("b", "b"), add("sum", "weight.v", "b")), "sum");
    Program lifted = LiftBranchConstants.apply(cond(List.of(), left, right));

    Node.Call call = lifted.main().call("cond").orElseThrow();
    assertThat(call.argument(3)).contains(Argument.refs(List.of("w", "b")));
    List<Graph> branches = call.subgraphs().map(Argument.Sub::graph).toList();
    assertThat(names(branches.get(0).placeholders())).containsExactly("w", "b");
    assertThat(branches.get(0).call("sum").orElseThrow().references()).containsExactly("w", "w");
    assertThat(names(branches.get(1).placeholders())).containsExactly("w", "b");
    assertThat(branches.get(1).call("sum").orElseThrow().references()).containsExactly("w", "b");
  }

  @Test
  void lift_nameTakenInCaller_freshName() {
    Graph left = graph(List.of(get("p", "w"), add("sum", "p", "p")), "sum");
    Program lifted = LiftBranchConstants.apply(cond(List.of(), left, left));

    Node.Call call = lifted.main().call("cond").orElseThrow();
    assertThat(call.argument(3)).contains(Argument.refs(List.of("p_1")));
    assertThat(call.ref(0)).contains("p");
  }

  @Test
  void lift_otherHigherOrderOperatorWithConstants_rejected() {
    Graph body = graph(List.of(get("w", "w"), add("sum", "w", "w")), "sum");
    Node.Call map =
        new Node.Call(
            "map",
            "higher_order.map_impl",
            List.of(NamedArgument.positional("", new Argument.Sub("body_graph_0", body))),
            VECTOR,
            Map.of());
    Program program = program(new Graph(List.of(map), List.of(Argument.ref("map")), false));

    assertThatThrownBy(() -> LiftBranchConstants.apply(program))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("map (higher_order.map_impl) cannot pass constants to its branches");
  }

  private static Program nested() {
    return Pt2Reader.read(Fixtures.file("nested_control_flow/model.pt2"));
  }

  /** {@code while_loop} over (a constant start, x) with y and a weight as additional inputs. */
  private static Program loop() {
    List<Node> condNodes = inputs("c0", "c1", "c2", "c3");
    condNodes.add(call("any", "aten.any.default", FLAG, "c0"));
    List<Node> bodyNodes = inputs("b0", "b1", "b2", "b3");
    bodyNodes.add(add("next", "b0", "b2"));
    bodyNodes.add(add("sum", "b1", "b3"));
    Node.Call loop =
        new Node.Call(
            "loop",
            Node.Call.WHILE_LOOP,
            List.of(
                NamedArgument.positional(
                    "",
                    new Argument.Sub(
                        "while_loop_cond_graph_0",
                        new Graph(condNodes, List.of(Argument.ref("any")), true))),
                NamedArgument.positional(
                    "",
                    new Argument.Sub(
                        "while_loop_body_graph_0",
                        new Graph(
                            bodyNodes, List.of(Argument.ref("next"), Argument.ref("sum")), false))),
                NamedArgument.positional("", Argument.refs(List.of("start", "x"))),
                NamedArgument.positional("", Argument.refs(List.of("y", "weight")))),
            new Value.Several(List.of(VECTOR, VECTOR), false),
            Map.of());
    List<Node> nodes = new ArrayList<>(List.of(get("start", "s"), get("weight", "w")));
    nodes.addAll(inputs("x", "y"));
    nodes.add(loop);
    nodes.add(Node.Call.getitem("result", "loop", 1, VECTOR));
    return program(new Graph(nodes, List.of(Argument.ref("result")), false));
  }

  private static Program cond(List<String> operands, Graph left, Graph right) {
    Node.Call cond =
        new Node.Call(
            "cond",
            Node.Call.COND,
            List.of(
                NamedArgument.positional("", Argument.ref("p")),
                NamedArgument.positional("", new Argument.Sub("true_graph_0", left)),
                NamedArgument.positional("", new Argument.Sub("false_graph_0", right)),
                NamedArgument.positional("", Argument.refs(operands))),
            new Value.Several(List.of(VECTOR), false),
            Map.of());
    return program(
        new Graph(
            List.of(
                new Node.Placeholder("p", FLAG, Map.of()),
                cond,
                Node.Call.getitem("result", "cond", 0, VECTOR)),
            List.of(Argument.ref("result")),
            false));
  }

  private static Program program(Graph main) {
    Map<String, Constant> constants = new HashMap<>();
    for (String name : List.of("b", "s", "w")) {
      constants.put(name, Constant.buffer(TensorData.ofFloats(new float[] {1, 2}, 2)));
    }
    return new Program(main, constants, List.of(OutputKind.USER_OUTPUT), Map.of());
  }

  private static Graph graph(List<Node> nodes, String output) {
    return new Graph(nodes, List.of(Argument.ref(output)), false);
  }

  private static List<Node> inputs(String... names) {
    List<Node> inputs = new ArrayList<>();
    for (String name : names) {
      inputs.add(new Node.Placeholder(name, VECTOR, Map.of()));
    }
    return inputs;
  }

  private static Node get(String name, String constant) {
    return new Node.GetAttr(name, constant, VECTOR, Map.of());
  }

  private static Node add(String name, String a, String b) {
    return call(name, "aten.add.Tensor", VECTOR, a, b);
  }

  private static Node call(String name, String target, Value value, String... arguments) {
    List<NamedArgument> named = new ArrayList<>();
    for (String argument : arguments) {
      named.add(NamedArgument.positional("", Argument.ref(argument)));
    }
    return new Node.Call(name, target, named, value, Map.of());
  }

  private static List<String> names(List<? extends Node> nodes) {
    return nodes.stream().map(Node::name).toList();
  }

  private static List<String> targets(Graph graph) {
    return graph.calls().stream().map(Node.Call::target).toList();
  }

  private static Set<String> used(Graph graph) {
    return graph.nodes().stream()
        .filter(Node.GetAttr.class::isInstance)
        .map(n -> ((Node.GetAttr) n).constant())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void assertNoConstantsInBranches(Program program) {
    program
        .graphs()
        .forEach(
            (path, graph) -> {
              if (!path.isMain()) {
                assertThat(used(graph)).isEmpty();
              }
            });
  }

  /** Every branch has a placeholder for each of its operands. */
  private static void assertOperandsFit(Graph graph) {
    for (Node.Call call : graph.calls()) {
      int operands =
          call.arguments().stream()
              .map(NamedArgument::value)
              .filter(Argument.Refs.class::isInstance)
              .mapToInt(a -> ((Argument.Refs) a).refs().size())
              .sum();
      call.subgraphs()
          .forEach(s -> assertThat(s.graph().placeholders()).as(s.name()).hasSize(operands));
    }
  }
}
