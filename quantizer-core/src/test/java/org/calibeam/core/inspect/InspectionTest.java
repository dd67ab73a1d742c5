package org.calibeam.core.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphSketch;
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

class InspectionTest {
  private static final Value VECTOR = new Value.Tensor(TensorSpec.contiguous(DType.FLOAT32, 2));
  private static final String QUANTIZE = "quantized_decomposed.quantize_per_tensor.default";
  private static final String DEQUANTIZE = "quantized_decomposed.dequantize_per_tensor.default";
  private static final Value BYTES = new Value.Tensor(TensorSpec.contiguous(DType.INT8, 2));

  @Test
  void of_nestedControlFlow_pathsAndConstantsWhereTheyAreUsed() {
    Inspection inspection =
        Inspection.of(Pt2Reader.read(Fixtures.file("nested_control_flow/model.pt2")));

    assertThat(inspection.versions()).containsEntry("schema", "8.20").containsKey("torch");
    assertThat(inspection.graphs())
        .extracting(g -> g.path().text())
        .containsExactly(
            "main",
            "main/true_graph_0",
            "main/true_graph_0/true_graph_0",
            "main/true_graph_0/false_graph_0",
            "main/false_graph_0");
    GraphSummary main = inspection.graphs().get(0);
    assertThat(main.inputs()).extracting(GraphSummary.Tensor::name).containsExactly("x");
    assertThat(main.operators())
        .containsEntry("higher_order.cond", 1)
        .doesNotContainKey(Node.Call.GETITEM);
    assertThat(inspection.constants())
        .filteredOn(c -> c.name().equals("a.weight"))
        .singleElement()
        .satisfies(
            c ->
                assertThat(c.usedIn())
                    .containsExactly(new CodePath("main/true_graph_0/true_graph_0")));
    assertThat(inspection.problems()).isEmpty();
  }

  @Test
  void of_dynamicBatch_symbolsReadable() {
    Inspection inspection = Inspection.of(Pt2Reader.read(Fixtures.archive("dynamic_batch")));

    assertThat(inspection.graphs().get(0).inputs().get(0).type()).matches("float32\\[s\\d+, 16]");
  }

  @Test
  void of_sharedAndUnusedConstants_said() {
    assertThat(Inspection.of(Pt2Reader.read(Fixtures.archive("tied_parameters"))).constants())
        .anySatisfy(c -> assertThat(c.sharesWith()).isPresent());
    assertThat(Inspection.of(Pt2Reader.read(Fixtures.archive("unused_parameters"))).problems())
        .containsExactly(
            "the constant never.weight, float32[2, 2], is used nowhere",
            "the constant never.bias, float32[2], is used nowhere");
  }

  @Test
  void of_bufferMutation_said() {
    for (String archive : List.of("buffer_mutation", "buffer_mutation_functional")) {
      assertThat(Inspection.of(Pt2Reader.read(Fixtures.archive(archive))).problems())
          .containsExactly(
              "main: a run changes steps; every sample starts from its exported value");
    }
  }

  @Test
  void of_sideEffects_operatorNamed() {
    assertThat(Inspection.of(Pt2Reader.read(Fixtures.archive("ordered_side_effects"))).problems())
        .containsExactly(
            "main: with_effects (higher_order.with_effects) is an operator that Calibeam cannot"
                + " run");
  }

  @Test
  void of_quantizedPair_oneTensorWithItsQParams() {
    Inspection inspection = Inspection.of(program(pair(0.5, 3, 0.5, 3)));

    assertThat(inspection.quantized())
        .singleElement()
        .satisfies(
            q -> {
              assertThat(q.tensor()).isEqualTo("x");
              assertThat(q.origin()).isEqualTo(QuantizedTensor.Origin.ACTIVATION);
              assertThat(q.quantizes()).isEqualTo(1);
              assertThat(q.dequantizes()).isEqualTo(1);
              assertThat(q.qparams().orElseThrow().smallestScale()).isEqualTo(0.5);
              assertThat(q.qparams().orElseThrow().largestZeroPoint()).isEqualTo(3);
            });
    assertThat(inspection.problems()).isEmpty();
    assertThat(inspection.lines())
        .contains(
            "  tensor           integers      scale                   zero  covers",
            "  x                int8          0.5                        3  -65.5 to 62");
  }

  @Test
  void of_suspiciousQParams_said() {
    assertThat(Inspection.of(program(pair(0.5, 3, 0.25, 3))).problems())
        .containsExactly("main: x is quantized, but not dequantized with the same qparams");
    assertThat(Inspection.of(program(pair(1, 0, 1, 0))).problems())
        .singleElement()
        .asString()
        .startsWith("main: x has scale 1 and zero point 0");
    assertThat(Inspection.of(program(pair(0, 0, 0, 0))).problems())
        .containsExactly("main: x has a scale of 0.0");
    assertThat(Inspection.of(program(pair(0.5, 128, 0.5, 128))).problems())
        .containsExactly(
            "main: x has zero points from 128 to 128 outside its integers, -128 to 127");
  }

  @Test
  void of_perChannelConstant_scalesOfChannels() {
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node.GetAttr("w", "weight", BYTES, Map.of()));
    nodes.add(new Node.GetAttr("s", "scales", VECTOR, Map.of()));
    nodes.add(
        new Node.GetAttr(
            "z", "zeros", new Value.Tensor(TensorSpec.contiguous(DType.INT64, 2)), Map.of()));
    nodes.add(
        new Node.Call(
            "dq",
            "quantized_decomposed.dequantize_per_channel.default",
            List.of(
                NamedArgument.positional("input", Argument.ref("w")),
                NamedArgument.positional("scales", Argument.ref("s")),
                NamedArgument.positional("zero_points", Argument.ref("z")),
                NamedArgument.positional("axis", Argument.of(0)),
                NamedArgument.positional("quant_min", Argument.of(-127)),
                NamedArgument.positional("quant_max", Argument.of(127)),
                NamedArgument.positional("dtype", new Argument.ScalarTypeValue(DType.INT8))),
            VECTOR,
            Map.of()));
    Inspection inspection =
        Inspection.of(program(new Graph(nodes, List.of(Argument.ref("dq")), false)));

    assertThat(inspection.quantized())
        .singleElement()
        .satisfies(
            q -> {
              assertThat(q.tensor()).isEqualTo("weight");
              assertThat(q.origin()).isEqualTo(QuantizedTensor.Origin.CONSTANT);
              assertThat(q.qparams())
                  .contains(new QuantizedTensor.Scales(Optional.of(0L), 2, 0.25, 0.5, 0, 0));
            });
    assertThat(inspection.lines())
        .contains(
            "  <output>         int8 ±127     0.25 to 0.5                0  2 channels",
            "Scales and zero points",
            "  2 constants of 24 B");
  }

  @Test
  void lines_smallCnn_readable() {
    List<String> lines =
        Inspection.of(Pt2Reader.read(Fixtures.file("small_cnn/model.pt2"))).lines();

    assertThat(lines.get(0)).startsWith("torch 2.").contains("schema 8.20");
    assertThat(lines.get(1)).startsWith("1 graph, ").contains(" 0 quantized tensors, ");
    assertThat(lines.get(2)).endsWith("constants of 23.3 KiB");
    assertThat(lines).contains("Code path main", "Constants of main");
    assertThat(lines).noneMatch(l -> l.contains("Symbol("));
  }

  @Test
  void of_quantizedModel_saysWhatRunsOnIntegersAndFitsATerminal() {
    Inspection inspection = Inspection.of(Pt2Reader.read(Fixtures.file("small_cnn/reference.pt2")));

    assertThat(inspection.lines()).allMatch(line -> line.length() <= 80);
    GraphSummary main = inspection.graphs().get(0);
    assertThat(main.floating()).isEmpty();
    assertThat(inspection.floatingBytes()).isGreaterThan(3 * inspection.bytes());
    assertThat(inspection.constants())
        .filteredOn(c -> c.name().startsWith("_scale_"))
        .isNotEmpty()
        .allMatch(ConstantSummary::isQParams);
    assertThat(inspection.constants())
        .filteredOn(c -> c.name().startsWith("_frozen_param"))
        .extracting(c -> c.readers().get(0))
        .contains("conv2d.weight", "conv2d.bias", "linear.weight");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "early_exit_digits/model.pt2",
        "nested_control_flow/model.pt2",
        "nested_control_flow/reference.pt2"
      })
  void lines_pathWithinPaths_fitATerminal(String file) {
    List<String> lines = Inspection.of(Pt2Reader.read(Fixtures.file(file))).lines();

    assertThat(lines).allMatch(line -> line.length() <= 80);
    assertThat(lines).anyMatch(line -> line.startsWith("Constants of main"));
  }

  @Test
  void of_callsBetweenAndBeyondPairs_onlyThoseBetweenAreOnIntegers() {
    Graph graph =
        new GraphSketch()
            .input("x", 1, 4)
            .call("early", "aten.neg.default", new long[] {1, 4}, "x")
            .call("q", QUANTIZE, DType.INT8, new long[] {1, 4}, GraphSketch.qparams("early", 1, 0))
            .call("dq", DEQUANTIZE, new long[] {1, 4}, GraphSketch.qparams("q", 1, 0))
            .call("first", "aten.neg.default", new long[] {1, 4}, "dq")
            .call("second", "aten.relu.default", new long[] {1, 4}, "first")
            .call(
                "q2", QUANTIZE, DType.INT8, new long[] {1, 4}, GraphSketch.qparams("second", 1, 0))
            .call("dq2", DEQUANTIZE, new long[] {1, 4}, GraphSketch.qparams("q2", 1, 0))
            .call("last", "aten.neg.default", new long[] {1, 4}, "dq2")
            .returns("last");

    GraphSummary main = Inspection.of(program(graph)).graphs().get(0);

    assertThat(main.computing()).isEqualTo(4);
    assertThat(main.floating()).containsExactly("early", "last");
  }

  private static Graph pair(double scale, long zero, double otherScale, long otherZero) {
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node.Placeholder("x", VECTOR, Map.of()));
    nodes.add(call("q", "quantize_per_tensor.default", "x", scale, zero, BYTES));
    nodes.add(call("dq", "dequantize_per_tensor.default", "q", otherScale, otherZero, VECTOR));
    return new Graph(nodes, List.of(Argument.ref("dq")), false);
  }

  private static Node call(
      String name, String operator, String input, double scale, long zero, Value value) {
    return new Node.Call(
        name,
        "quantized_decomposed." + operator,
        List.of(
            NamedArgument.positional("input", Argument.ref(input)),
            NamedArgument.positional("scale", Argument.of(scale)),
            NamedArgument.positional("zero_point", Argument.of(zero)),
            NamedArgument.positional("quant_min", Argument.of(-128)),
            NamedArgument.positional("quant_max", Argument.of(127)),
            NamedArgument.positional("dtype", new Argument.ScalarTypeValue(DType.INT8))),
        value,
        Map.of());
  }

  private static Program program(Graph main) {
    Map<String, Constant> constants = new LinkedHashMap<>();
    for (Node node : main.nodes()) {
      if (node instanceof Node.GetAttr attr) {
        constants.put(
            attr.constant(),
            Constant.buffer(
                switch (attr.constant()) {
                  case "scales" -> TensorData.ofFloats(new float[] {0.5f, 0.25f}, 2);
                  case "zeros" -> TensorData.ofLongs(DType.INT64, new long[] {0, 0}, 2);
                  default -> TensorData.ofLongs(DType.INT8, new long[] {1, 2}, 2);
                }));
      }
    }
    return new Program(main, constants, List.of(OutputKind.USER_OUTPUT), Map.of());
  }
}
