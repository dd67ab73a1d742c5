package org.calibeam.core.pt2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
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
}
