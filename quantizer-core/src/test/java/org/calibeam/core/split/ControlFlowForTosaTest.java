package org.calibeam.core.split;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.calibeam.core.convert.ControlFlowForm;
import org.calibeam.core.convert.ConvertOptions;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.quantizer.ConditionalModels;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.VgfCompileSpec;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlFlowForTosaTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chained_conv1d",
        "deep_conv2d",
        "dict_outputs",
        "loop",
        "loop_in_branch",
        "several_outputs",
        "without_operands"
      })
  void apply_anyControlFlow_computesTheSame(String model) {
    computesTheSame(ConditionalModels.folder(model));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nested_control_flow", "early_exit_digits"})
  void apply_fixture_computesTheSame(String fixture) {
    computesTheSame(Fixtures.file(fixture));
  }

  private static void computesTheSame(Path folder) {
    Program quantized = quantized(folder);
    try (GraphRunner before = GraphRunner.load(quantized);
        GraphRunner after =
            GraphRunner.load(ControlFlowForTosa.apply(quantized, new LibtorchEvaluator()))) {
      for (List<TensorData> sample : Npz.samples(folder.resolve("evaluation.npz"))) {
        assertThat(after.run(sample)).isEqualTo(before.run(sample));
      }
    }
  }

  @Test
  void apply_quantizedOperands_crossAsIntegersAndBranchWeightsHaveOneScale() {
    Program program =
        ControlFlowForTosa.apply(
            quantized(Fixtures.file("early_exit_digits")), new LibtorchEvaluator());
    program
        .graphs()
        .forEach(
            (path, graph) -> {
              if (!path.equals(CodePath.MAIN)) {
                assertThat(graph.placeholders())
                    .extracting(p -> p.spec().orElseThrow().dtype())
                    .isSubsetOf(DType.INT8, DType.INT32);
                assertThat(graph.outputs().stream().flatMap(o -> o.references()))
                    .extracting(o -> graph.node(o).spec().orElseThrow().dtype())
                    .containsOnly(DType.INT8);
                assertThat(graph.calls())
                    .extracting(Node.Call::target)
                    .noneMatch(t -> t.contains("per_channel"));
              }
            });
    assertThat(program.main().calls())
        .as("weights outside of branches keep a scale per channel")
        .anyMatch(c -> c.target().contains("dequantize_per_channel"));
  }

  @Test
  void apply_linearInConditionalWithinConditional_isAConvolution() {
    Program before = quantized(Fixtures.file("nested_control_flow"));
    Program after = ControlFlowForTosa.apply(before, new LibtorchEvaluator());
    CodePath deep = CodePath.MAIN.child("true_graph_0").child("false_graph_0");
    assertThat(targets(before, deep)).contains("aten.linear.default");
    assertThat(targets(after, deep))
        .contains("aten.conv2d.default")
        .doesNotContain("aten.linear.default");
    assertThat(targets(after, CodePath.MAIN.child("false_graph_0")))
        .as("a branch of the main graph keeps its layer")
        .contains("aten.linear.default");
  }

  @Test
  void apply_linearInLoop_isAConvolution() {
    Program before = quantized(ConditionalModels.folder("loop"));
    Program after = ControlFlowForTosa.apply(before, new LibtorchEvaluator());
    CodePath body = CodePath.MAIN.child("while_loop_body_graph_0");
    assertThat(targets(before, body)).contains("aten.linear.default");
    assertThat(targets(after, body))
        .contains("aten.conv2d.default")
        .doesNotContain("aten.linear.default");
  }

  private static List<String> targets(Program program, CodePath path) {
    return program.graphs().get(path).calls().stream().map(Node.Call::target).toList();
  }

  private static Program quantized(Path folder) {
    return QuantizerConfiguration.DEFAULT
        .quantizer(VgfCompileSpec.DEFAULT)
        .quantizeWithSubmodules(
            Pt2Reader.read(folder.resolve("model.pt2")),
            Npz.samples(folder.resolve("calibration.npz")),
            ConvertOptions.DEFAULT.withControlFlow(ControlFlowForm.TOSA))
        .program();
  }
}
