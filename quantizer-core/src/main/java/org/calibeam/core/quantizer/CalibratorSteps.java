package org.calibeam.core.quantizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.observe.Calibrator;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * Reads the calibrators of a configuration file: {@code [["set_global", "mse"], ["set_node_name",
 * "conv2d_3", "percentile:99.9"]]}, steps called as those of the quantizer.
 */
final class CalibratorSteps {
  private static final String EXAMPLE =
      "Write [\"set_node_name\", \"conv2d_3\", \"mse\"] or the like; steps are set_global,"
          + " set_module_name, set_module_type, set_node_name, set_node_target, set_code_path.";

  private final String source;

  private CalibratorSteps(String source) {
    this.source = source;
  }

  /**
   * The choices in the order given.
   *
   * @param list absent if the file gives none
   */
  static List<CalibratorChoice> parse(JsonNode list, String source) {
    CalibratorSteps steps = new CalibratorSteps(source);
    if (list.isMissingNode()) {
      return List.of();
    }
    if (!list.isArray()) {
      throw steps.error(list);
    }
    List<CalibratorChoice> choices = new ArrayList<>();
    list.forEach(step -> choices.add(steps.choice(step)));
    return choices;
  }

  private CalibratorChoice choice(JsonNode step) {
    String name = step.path(0).asText();
    int arguments = name.equals("set_global") ? 1 : 2;
    JsonNode calibrator = step.path(arguments);
    if (!step.isArray() || step.size() != arguments + 1 || !calibrator.isTextual()) {
      throw error(step);
    }
    try {
      return new CalibratorChoice(finder(name, step), Calibrator.named(calibrator.textValue()));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "Cannot use the calibrators of %s: %s.".formatted(source, e.getMessage()), e);
    }
  }

  private NodeFinder finder(String name, JsonNode step) {
    return switch (name) {
      case "set_global" -> new NodeFinder.Global();
      case "set_module_name" -> new NodeFinder.ModuleName(text(step));
      case "set_module_type" -> new NodeFinder.ModuleType(text(step));
      case "set_node_name" -> new NodeFinder.NodeName(Set.copyOf(texts(step)));
      case "set_node_target" ->
          new NodeFinder.NodeTarget(
              Set.copyOf(texts(step).stream().map(StepParser::operator).toList()));
      case "set_code_path" -> new NodeFinder.InCodePath(new CodePath(text(step)));
      default -> throw error(step);
    };
  }

  private String text(JsonNode step) {
    if (!step.get(1).isTextual()) {
      throw error(step);
    }
    return step.get(1).textValue();
  }

  private List<String> texts(JsonNode step) {
    if (!step.get(1).isArray()) {
      return List.of(text(step));
    }
    List<String> all = new ArrayList<>();
    for (JsonNode name : step.get(1)) {
      if (!name.isTextual()) {
        throw error(step);
      }
      all.add(name.textValue());
    }
    return all;
  }

  private ConfigurationException error(JsonNode what) {
    return new ConfigurationException(
        "Cannot use the calibrators of %s: %s is not understood. %s"
            .formatted(source, what, EXAMPLE));
  }
}
