package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.pt2.Pt2Reader;
import org.junit.jupiter.api.Test;

/** What is quantized where tensors go into branches and come out of them. */
class ControlFlowBoundariesTest {
  private static final String QUANTIZE = "quantized_decomposed.quantize_per_tensor.default";

  @Test
  void quantize_operandAndResult_haveTheCallersQParamsInTheBranches() {
    Program program = ConditionalModels.quantized("chained_conv1d").program();
    Graph main = program.main();
    Node.Call cond =
        main.calls().stream()
            .filter(c -> c.isTarget(Node.Call.COND))
            .reduce((first, last) -> last)
            .orElseThrow();
    List<Argument> operand = qparams(main.call(cond.operands().get(0)).orElseThrow());
    String result = main.users(cond.name()).get(0);
    List<Argument> after = qparams(main.call(main.users(result).get(0)).orElseThrow());
    for (Argument.Sub branch : cond.subgraphs().toList()) {
      String first = branch.graph().placeholders().get(0).name();
      assertThat(qparams(branch.graph().call(branch.graph().users(first).get(0)).orElseThrow()))
          .isEqualTo(operand);
      String returned = branch.graph().outputNames().get(0);
      assertThat(qparams(branch.graph().call(returned).orElseThrow())).isEqualTo(after);
    }
    assertThat(operand).isNotEqualTo(after);
  }

  @Test
  void quantize_whatALoopCarries_hasOneScaleInEveryRound() {
    Program program = ConditionalModels.quantized("loop").program();
    Graph body = program.graphs().get(CodePath.MAIN.child("while_loop_body_graph_0"));
    String rows = body.placeholders().get(1).name();

    assertThat(body.outputNames()).hasSize(2);
    assertThat(qparams(body.call(body.outputNames().get(1)).orElseThrow()))
        .isEqualTo(qparams(body.call(body.users(rows).get(0)).orElseThrow()));
  }

  @Test
  void quantize_whatOnlyDecidesAcrossGraphs_staysInFloatingPoint() {
    Program loop = ConditionalModels.quantized("loop").program();
    Graph body = loop.graphs().get(CodePath.MAIN.child("while_loop_body_graph_0"));
    String left = body.placeholders().get(0).name();
    Program deep = ConditionalModels.quantized("deep_conv2d").program();
    Graph branch = deep.graphs().get(CodePath.MAIN.child("true_graph_0"));
    String mean = branch.placeholders().get(1).name();

    assertThat(body.users(left)).noneMatch(user -> isQuantize(body, user));
    assertThat(branch.users(mean)).isNotEmpty().noneMatch(user -> isQuantize(branch, user));
  }

  @Test
  void prepare_whatOnlyDecides_isUnquantizedForThatReason() {
    PreparedProgram prepared =
        QuantizerConfiguration.DEFAULT
            .quantizer(VgfCompileSpec.DEFAULT)
            .prepare(
                Pt2Reader.read(ConditionalModels.folder("chained_conv1d").resolve("model.pt2")));

    assertThat(prepared.decisions().get(CodePath.MAIN).unquantized().values())
        .isNotEmpty()
        .allMatch(reason -> reason.startsWith("only decides what runs;"));
  }

  private static boolean isQuantize(Graph graph, String name) {
    return graph.call(name).filter(c -> c.isTarget(QUANTIZE)).isPresent();
  }

  /** Scale, zero point and range of a quantize or dequantize. */
  private static List<Argument> qparams(Node.Call call) {
    assertThat(call.target()).contains("quantize_per_tensor.default");
    return call.arguments().subList(1, 5).stream().map(NamedArgument::value).toList();
  }
}
