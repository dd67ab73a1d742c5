package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.qspec.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibratorStepsTest {
  private static QuantizerConfiguration parse(String calibrators) {
    return QuantizerConfiguration.parse(
        "{\"steps\": [[\"set_global\", {}]], \"calibrators\": %s}".formatted(calibrators),
        "c.json");
  }

  @Test
  void parse_everyStep_isUnderstood() {
    QuantizerConfiguration configuration =
        parse(
            """
            [["set_global", "mse"],
             ["set_module_name", "encoder.0", "percentile:99.9"],
             ["set_module_type", "torch.nn.Linear", "entropy"],
             ["set_node_name", ["add", "mul"], "minmax"],
             ["set_node_target", "torch.ops.aten.relu.default", "percentile"],
             ["set_code_path", "main/true_graph_0", "histogram"]]
            """);

    assertThat(configuration.calibrators())
        .containsExactly(
            new CalibratorChoice(new NodeFinder.Global(), Calibrator.mse()),
            new CalibratorChoice(
                new NodeFinder.ModuleName("encoder.0"), Calibrator.percentile(99.9)),
            new CalibratorChoice(
                new NodeFinder.ModuleType("torch.nn.Linear"), Calibrator.entropy()),
            new CalibratorChoice(
                new NodeFinder.NodeName(Set.of("add", "mul")), Calibrator.minmax()),
            new CalibratorChoice(
                new NodeFinder.NodeTarget(Set.of("aten.relu.default")),
                Calibrator.percentile(99.99)),
            new CalibratorChoice(
                new NodeFinder.InCodePath(new CodePath("main/true_graph_0")),
                Calibrator.histogram()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[[\"set_global\"]]",
        "[[\"set_node_name\", \"mse\"]]",
        "[[\"set_io\", \"x\", \"mse\"]]",
        "[[\"set_node_name\", [1], \"mse\"]]",
        "[[\"set_node_name\", \"add\", \"magic\"]]",
        "[[\"set_node_name\", \"add\", \"percentile:high\"]]",
        "[[\"set_node_name\", \"add\", \"percentile:101\"]]",
        "[[\"set_code_path\", \"nowhere\", \"mse\"]]"
      })
  void parse_notUnderstood_isRefused(String calibrators) {
    assertThatThrownBy(() -> parse(calibrators))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("c.json");
  }

  @Test
  void observationJson_otherCalibrators_isTheSame() {
    assertThat(parse("[[\"set_global\", \"mse\"]]").observationJson())
        .isEqualTo(QuantizerConfiguration.DEFAULT.json())
        .isEqualTo(QuantizerConfiguration.DEFAULT.observationJson());
  }
}
