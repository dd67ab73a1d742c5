package org.calibeam.core.split;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Program;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.interp.LibtorchEvaluator;
import org.calibeam.core.interp.Npz;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.quantizer.ConditionalModels;
import org.calibeam.core.quantizer.QuantizerConfiguration;
import org.calibeam.core.quantizer.VgfCompileSpec;
import org.calibeam.core.split.Plan.Scope;
import org.calibeam.core.split.Plan.Step;
import org.calibeam.core.tensor.TensorData;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathSplitterTest {

  @ParameterizedTest
  @ValueSource(strings = {"nested_control_flow", "early_exit_digits", "early_exit_digits_norm"})
  void split_quantizedProgram_piecesComputeWhatTheWholeDoes(String fixture) {
    piecesComputeWhatTheWholeDoes(Fixtures.file(fixture));
  }

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
  void split_controlFlowOfAnyForm_piecesComputeWhatTheWholeDoes(String model) {
    piecesComputeWhatTheWholeDoes(ConditionalModels.folder(model));
  }

  private static void piecesComputeWhatTheWholeDoes(Path folder) {
    Program program = Pt2Reader.read(folder.resolve("model.pt2"));
    Program quantized =
        QuantizerConfiguration.DEFAULT
            .quantizer(VgfCompileSpec.DEFAULT)
            .quantizeWithSubmodules(program, Npz.samples(folder.resolve("calibration.npz")))
            .program();
    Plan plan = PathSplitter.split(quantized, new LibtorchEvaluator());
    try (GraphRunner whole = GraphRunner.load(quantized);
        Host host = new Host(plan)) {
      for (List<TensorData> sample : Npz.samples(folder.resolve("evaluation.npz"))) {
        assertThat(host.run(plan.main(), sample)).isEqualTo(whole.run(sample));
      }
    }
    assertThat(plan.pieces().values())
        .allSatisfy(
            piece -> {
              assertThat(piece.main().calls()).noneMatch(PathSplitter::isControlFlow);
              assertThat(piece.main().placeholders()).isNotEmpty();
            });
  }

  /** Does what a host of the pieces has to do. */
  private static final class Host implements AutoCloseable {
    private final Map<String, GraphRunner> runners = new HashMap<>();

    private final Map<String, TensorData> constants;

    Host(Plan plan) {
      constants = plan.constants();
      plan.pieces().forEach((name, piece) -> runners.put(name, GraphRunner.load(piece)));
    }

    List<TensorData> run(Scope scope, List<TensorData> inputs) {
      Map<String, TensorData> values = new HashMap<>();
      put(values, scope.inputs(), inputs);
      for (Step step : scope.steps()) {
        if (step instanceof Step.Run run) {
          put(values, run.outputs(), runners.get(run.piece()).run(get(values, run.inputs())));
        } else if (step instanceof Step.Branch branch) {
          boolean taken = values.get(branch.predicate()).toLongs()[0] != 0;
          put(
              values,
              branch.outputs(),
              run(taken ? branch.whenTrue() : branch.whenFalse(), get(values, branch.inputs())));
        } else if (step instanceof Step.Loop loop) {
          List<TensorData> rest = get(values, loop.inputs());
          List<TensorData> carried = get(values, loop.carried());
          while (run(loop.condition(), joined(carried, rest)).get(0).toLongs()[0] != 0) {
            carried = run(loop.body(), joined(carried, rest));
          }
          put(values, loop.outputs(), carried);
        } else if (step instanceof Step.Load load) {
          put(values, load.outputs(), get(constants, load.constants()));
        } else if (step instanceof Step.Round round) {
          for (Step.Rounding value : round.values()) {
            values.put(value.output(), rounded(values.get(value.input()), value));
          }
        }
      }
      return get(values, scope.outputs());
    }

    private static List<TensorData> joined(List<TensorData> carried, List<TensorData> rest) {
      List<TensorData> all = new ArrayList<>(carried);
      all.addAll(rest);
      return all;
    }

    private static TensorData rounded(TensorData input, Step.Rounding r) {
      float[] values = input.toFloats();
      float inverse = (float) (1 / r.scale());
      for (int i = 0; i < values.length; i++) {
        double integer = Math.rint(values[i] * inverse) + r.zeroPoint();
        double clamped = Math.max(r.quantMin(), Math.min(r.quantMax(), integer));
        values[i] = (float) (clamped - r.zeroPoint()) * (float) r.scale();
      }
      return TensorData.ofFloats(values, input.sizes());
    }

    private static void put(
        Map<String, TensorData> values, List<String> names, List<TensorData> tensors) {
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), tensors.get(i));
      }
    }

    private static List<TensorData> get(Map<String, TensorData> values, List<String> names) {
      return new ArrayList<>(names.stream().map(values::get).toList());
    }

    @Override
    public void close() {
      runners.values().forEach(GraphRunner::close);
    }
  }
}
