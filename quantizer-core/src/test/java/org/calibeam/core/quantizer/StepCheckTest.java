package org.calibeam.core.quantizer;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Program;
import org.calibeam.core.pt2.Fixtures;
import org.calibeam.core.pt2.Pt2Reader;
import org.calibeam.core.qspec.ConfigurationException;
import org.junit.jupiter.api.Test;

class StepCheckTest {
  private static final Program DIGITS =
      Pt2Reader.read(Fixtures.file("early_exit_digits").resolve("model.pt2"));

  @Test
  void requireFound_whatTheModelHas_isAccepted() {
    for (NodeFinder finder :
        new NodeFinder[] {
          new NodeFinder.ModuleName("stem.0"),
          new NodeFinder.ModuleName("deep"),
          new NodeFinder.ModuleType("torch.nn.Linear"),
          new NodeFinder.InCodePath(new CodePath("main/true_graph_0"))
        }) {
      assertThatCode(() -> StepCheck.requireFound(finder, DIGITS)).doesNotThrowAnyException();
    }
  }

  @Test
  void requireFound_misspelt_isRefusedWithWhatThereIs() {
    assertThatThrownBy(() -> StepCheck.requireFound(new NodeFinder.ModuleName("stemm"), DIGITS))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("stemm")
        .hasMessageContaining("stem.0");
    assertThatThrownBy(
            () -> StepCheck.requireFound(new NodeFinder.ModuleType("torch.nn.Lineal"), DIGITS))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Lineal")
        .hasMessageContaining("torch.nn.modules.linear.Linear");
    assertThatThrownBy(
            () ->
                StepCheck.requireFound(
                    new NodeFinder.InCodePath(new CodePath("main/true_graph_9")), DIGITS))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("main/true_graph_0");
  }
}
