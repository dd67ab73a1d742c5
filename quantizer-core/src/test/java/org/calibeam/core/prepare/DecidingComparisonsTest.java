package org.calibeam.core.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.ForwardListener;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.interp.ObservedTensor;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.quantizer.ConditionalModels;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.VgfCompileSpec;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecidingComparisonsTest {

  @ParameterizedTest
  @CsvSource({
    "chained_conv1d, 2",
    "deep_conv2d, 3",
    "dict_outputs, 1",
    "loop, 1",
    "loop_in_branch, 3",
    "several_outputs, 1",
    "without_operands, 1"
  })
  void of_eachConditionalAndLoop_findsWhatDecides(String model, int comparisons) {
    Program program = prepared(ConditionalModels.folder(model)).program();

    assertThat(behindEach(program).values()).allMatch(found -> found.size() == 1);
    assertThat(DecidingComparisons.observers(program)).hasSize(2 * comparisons);
  }

  @Test
  void of_predicatesFromOutside_findsTheComparisonsOfTheCaller() {
    Program program = prepared(Fixtures.file("nested_control_flow")).program();

    assertThat(behindEach(program)).isNotEmpty();
    behindEach(program).forEach((call, found) -> assertThat(found).as(call).isNotEmpty());
  }

  @ParameterizedTest
  @CsvSource({"chained_conv1d", "deep_conv2d", "dict_outputs", "several_outputs"})
  void observed_anySample_computesTheSameAndDecidesByTheSign(String model) {
    Path folder = ConditionalModels.folder(model);
    PreparedProgram prepared = prepared(folder);
    Map<CodePath, ObserverId> differences = new LinkedHashMap<>();
    prepared
        .program()
        .graphs()
        .forEach(
            (path, graph) ->
                conditionals(graph)
                    .forEach(
                        call ->
                            DecidingComparisons.of(prepared.program(), path, call)
                                .forEach(
                                    found ->
                                        differences.put(
                                            path.child(
                                                call.subgraphs().findFirst().orElseThrow().name()),
                                            found.difference()))));
    try (GraphRunner plain = GraphRunner.load(prepared);
        CompiledProgram compiled = CompiledProgram.withDecisions(prepared);
        GraphRunner watched = compiled.newRunner()) {
      for (List<TensorData> sample : Npz.samples(folder.resolve("evaluation.npz"))) {
        Seen seen = new Seen();
        assertThat(watched.run(sample, seen)).isEqualTo(plain.run(sample));
        differences.forEach(
            (whenTrue, id) -> {
              if (seen.values.containsKey(id)) {
                assertThat(seen.values.get(id) > 0).isEqualTo(seen.entered.contains(whenTrue));
              }
            });
      }
    }
  }

  @Test
  void observed_programWithoutControlFlow_isLeftAlone() {
    Program program = prepared(Fixtures.file("small_cnn")).program();

    assertThat(DecidingComparisons.observed(program)).isSameAs(program);
    assertThat(DecidingComparisons.observers(program)).isEmpty();
  }

  private static Map<String, List<DecidingComparison>> behindEach(Program program) {
    Map<String, List<DecidingComparison>> all = new LinkedHashMap<>();
    program
        .graphs()
        .forEach(
            (path, graph) ->
                conditionals(graph)
                    .forEach(
                        call ->
                            all.put(
                                path + ":" + call.name(),
                                DecidingComparisons.of(program, path, call))));
    return all;
  }

  private static List<Node.Call> conditionals(Graph graph) {
    return graph.calls().stream().filter(Node.Call::isControlFlow).toList();
  }

  private static PreparedProgram prepared(Path folder) {
    return QuantizerConfiguration.DEFAULT
        .quantizer(VgfCompileSpec.DEFAULT)
        .prepare(Pt2Reader.read(folder.resolve("model.pt2")));
  }

  private static final class Seen implements ForwardListener {
    private final List<CodePath> entered = new ArrayList<>();
    private final Map<ObserverId, Float> values = new LinkedHashMap<>();

    @Override
    public void enter(CodePath path) {
      entered.add(path);
    }

    @Override
    public void observe(ObserverId id, ObservedTensor value) {
      if (id.name().endsWith(":difference")) {
        values.put(id, value.max());
      }
    }
  }
}
