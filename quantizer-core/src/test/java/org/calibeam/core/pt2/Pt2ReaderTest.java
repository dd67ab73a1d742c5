package org.calibeam.core.pt2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;
import org.junit.jupiter.api.Test;

class Pt2ReaderTest {

  @Test
  void read_smallCnn_constantsFirstThenInput() {
    Program program = Pt2Reader.read(Fixtures.file("small_cnn/model.pt2"));
    Graph main = program.main();

    Node first = main.nodes().get(0);
    assertThat(first).isInstanceOf(Node.GetAttr.class);
    assertThat(((Node.GetAttr) first).constant()).isIn(program.constants().keySet());
    assertThat(main.placeholders()).extracting(Node::name).containsExactly("x");
    assertThat(program.outputKinds()).containsExactly(OutputKind.USER_OUTPUT);
    for (Node node : main.nodes()) {
      if (node instanceof Node.GetAttr attr) {
        Constant constant = program.constant(attr);
        assertThat(constant.tensor().spec().sizes())
            .isEqualTo(attr.spec().map(TensorSpec::sizes).orElseThrow());
      }
    }
  }

  @Test
  void read_segmenter_splitHasGetitemPerElement() {
    Graph main = Pt2Reader.read(Fixtures.file("segmenter/model.pt2")).main();

    for (Node.Call call : main.calls()) {
      if (call.value() instanceof Value.Several several) {
        assertThat(main.users(call.name())).hasSize(several.elements().size());
        assertThat(main.users(call.name()))
            .allMatch(u -> main.call(u).orElseThrow().isTarget(Node.Call.GETITEM));
      }
    }
  }

  @Test
  void read_nestedControlFlow_graphsByCodePath() {
    Program program = Pt2Reader.read(Fixtures.file("nested_control_flow/model.pt2"));

    assertThat(program.graphs().keySet())
        .extracting(CodePath::text)
        .containsExactly(
            "main",
            "main/true_graph_0",
            "main/true_graph_0/true_graph_0",
            "main/true_graph_0/false_graph_0",
            "main/false_graph_0");
    Node.Call cond =
        program.main().calls().stream()
            .filter(c -> c.isTarget(Node.Call.COND))
            .findFirst()
            .orElseThrow();
    assertThat(cond.arguments()).hasSize(4);
    assertThat(cond.ref(0)).contains("gt");
    assertThat(cond.value()).isInstanceOf(Value.Several.class);
    int operands = ((Argument.Refs) cond.argument(3).orElseThrow()).refs().size();
    assertThat(cond.subgraphs().map(s -> s.graph().placeholders().size()))
        .isEqualTo(List.of(operands, operands));
  }

  @Test
  void read_earlyExitDigits_weightsHaveTheirValues() {
    Program program = Pt2Reader.read(Fixtures.file("early_exit_digits/model.pt2"));

    assertThat(program.constants()).hasSize(15);
    assertThat(program.constants().get("stem.0.weight"))
        .satisfies(c -> assertThat(c.kind()).isEqualTo(Constant.Kind.PARAMETER))
        .satisfies(c -> assertThat(c.requiresGrad()).isTrue())
        .satisfies(c -> assertThat(c.tensor().toFloats()[0]).isEqualTo(-0x1.d1716p-4f));
    assertThat(program.attachments()).containsKey("data/sample_inputs/model.pt");
    assertThat(program.envelope()).containsEntry(Envelope.OPSET_VERSION, "{\"aten\":10}");
  }

  @Test
  void read_channelsLastWeight_stridesHonoured() {
    Program program = Pt2Reader.read(Fixtures.archive("channels_last_weight"));
    TensorData weight = constant(program, "conv.weight").tensor();

    assertThat(weight.sizes()).containsExactly(4, 3, 3, 3);
    assertThat(weight.strides()).containsExactly(27, 1, 9, 3);
    assertThat(weight.isContiguous()).isFalse();
    float[] stored = new float[108];
    weight.storage().bytes().asFloatBuffer().get(stored);
    assertThat(weight.toFloats()[1]).isEqualTo(stored[3]);
  }

  @Test
  void read_viewsOfOneBuffer_oneStorage() {
    Program program = Pt2Reader.read(Fixtures.archive("views_of_one_buffer"));

    TensorData whole = constant(program, "whole").tensor();
    for (String view : List.of("row", "turned")) {
      assertThat(constant(program, view).tensor().storage()).isSameAs(whole.storage());
    }
    assertThat(constant(program, "row").tensor().offset()).isEqualTo(4);
    assertThat(constant(program, "row").tensor().toFloats()).containsExactly(4, 5, 6, 7);
    assertThat(constant(program, "turned").tensor().toFloats()).startsWith(0, 4, 8, 1);
    assertThat(constant(program, "fresh").kind()).isEqualTo(Constant.Kind.NON_PERSISTENT_BUFFER);
    assertThat(constant(program, "fresh").tensor().toFloats()).containsExactly(6, 10);
    assertThat(constant(program, "repeated").tensor().toFloats()).containsExactly(1, 1, 1, 1);
  }

  @Test
  void read_tiedParameters_oneStorageTwoNames() {
    Program program = Pt2Reader.read(Fixtures.archive("tied_parameters"));

    assertThat(constant(program, "embed.weight").tensor().storage())
        .isSameAs(constant(program, "out.weight").tensor().storage());
  }

  @Test
  void read_scalarAndEmptyBuffers_shapesKept() {
    Program program = Pt2Reader.read(Fixtures.archive("scalar_and_empty_buffers"));

    assertThat(constant(program, "scale").tensor().toFloats()).containsExactly(2.5f);
    assertThat(constant(program, "count").tensor().toLongs()).containsExactly(3);
    assertThat(constant(program, "nothing").tensor().sizes()).containsExactly(0, 4);
    assertThat(constant(program, "on").tensor().toLongs()).containsExactly(1);
  }

  @Test
  void read_dynamicBatch_symbolsKept() {
    Program program = Pt2Reader.read(Fixtures.archive("dynamic_batch"));
    Graph main = program.main();

    TensorSpec input = main.node("x").spec().orElseThrow();
    assertThat(input.isStatic()).isFalse();
    assertThat(input.sizes().get(0))
        .isInstanceOfSatisfying(
            Dim.Symbolic.class,
            d -> {
              assertThat(d.expression()).startsWith("Symbol('s");
              assertThat(d.hint()).contains(3L);
            });
    Node.Call size = main.calls().get(0);
    assertThat(size.target()).isEqualTo("aten.sym_size.int");
    assertThat(size.value()).isInstanceOf(Value.Symbol.class);
    assertThat(main.users(size.name())).isNotEmpty();
    assertThat(main.outputs().get(1)).isInstanceOf(Argument.SymRef.class);
  }

  @Test
  void read_integerInputs_literalsArePlaceholders() {
    Program program = Pt2Reader.read(Fixtures.archive("integer_inputs"));

    assertThat(program.main().placeholders())
        .extracting(Node::name)
        .containsExactly("x", "i", "k", "f", "s", "mask");
    assertThat(program.main().node("k").value()).isEqualTo(new Value.Literal(Argument.of(2)));
    assertThat(program.main().node("f").value()).isEqualTo(new Value.Literal(Argument.of(0.25)));
    assertThat(program.main().node("s").value())
        .isEqualTo(new Value.Literal(new Argument.StringValue("unused")));
  }

  @Test
  void read_functionalBufferMutation_outputKindNamesBuffer() {
    Program program = Pt2Reader.read(Fixtures.archive("buffer_mutation_functional"));

    assertThat(program.outputKinds())
        .containsExactly(new OutputKind("buffer_mutation", "steps"), OutputKind.USER_OUTPUT);
  }

  @Test
  void read_severalResults_everyElementHasItsGetitem() {
    Graph main = Pt2Reader.read(Fixtures.archive("several_results")).main();

    Node.Call split =
        main.calls().stream()
            .filter(c -> c.target().startsWith("aten.split"))
            .findFirst()
            .orElseThrow();
    assertThat(split.value())
        .isInstanceOfSatisfying(
            Value.Several.class,
            s -> {
              assertThat(s.list()).isTrue();
              assertThat(s.elements()).hasSize(3);
            });
    assertThat(main.users(split.name())).hasSize(3);
    Node.Call topk =
        main.calls().stream()
            .filter(c -> c.target().startsWith("aten.topk"))
            .findFirst()
            .orElseThrow();
    assertThat(((Value.Several) topk.value()).list()).isFalse();
  }

  @Test
  void read_liftedTensorConstants_kindAndValue() {
    Program program = Pt2Reader.read(Fixtures.archive("lifted_tensor_constants"));

    assertThat(program.constants().values())
        .allMatch(c -> c.kind() == Constant.Kind.TENSOR_CONSTANT)
        .anySatisfy(c -> assertThat(c.tensor().toFloats()).containsExactly(3, 4));
  }

  @Test
  void read_specialNumbers_nonFiniteArguments() {
    Graph main = Pt2Reader.read(Fixtures.archive("special_numbers")).main();

    assertThat(main.calls())
        .flatExtracting(Node.Call::arguments)
        .extracting(NamedArgument::value)
        .contains(
            Argument.of(Double.NEGATIVE_INFINITY),
            Argument.of(Double.NaN),
            Argument.of(Double.POSITIVE_INFINITY),
            Argument.of(1e-45));
  }

  @Test
  void read_extraFiles_attached() {
    Program program = Pt2Reader.read(Fixtures.archive("with_extra_files"));

    assertThat(program.attachments())
        .containsOnlyKeys(
            "data/sample_inputs/model.pt", "extra/labels.txt", "extra/sub/notes.json");
    assertThat(
            StandardCharsets.UTF_8
                .decode(program.attachments().get("extra/labels.txt").content().bytes())
                .toString())
        .isEqualTo("cat\ndog\n");
  }

  @Test
  void read_orderedSideEffects_tokenIsPlaceholder() {
    Program program = Pt2Reader.read(Fixtures.archive("ordered_side_effects"));

    assertThat(program.main().placeholders()).extracting(Node::name).containsExactly("token", "x");
    assertThat(program.outputKinds())
        .containsExactly(new OutputKind("token", ""), OutputKind.USER_OUTPUT);
  }

  private static Constant constant(Program program, String name) {
    return Optional.ofNullable(program.constants().get(name)).orElseThrow();
  }
}
