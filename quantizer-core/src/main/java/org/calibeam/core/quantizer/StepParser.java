package org.calibeam.core.quantizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QuantizationConfig;
import org.calibeam.core.qspec.QuantizationConfig.Symmetric;
import org.calibeam.core.quantizer.QuantizerConfiguration.Step;

/** Reads one step of a configuration file. */
final class StepParser {
  private static final String DEFAULT_FACTORY = "get_symmetric_quantization_config";

  private static final Map<String, Set<String>> FACTORIES =
      Map.of(
          DEFAULT_FACTORY,
          Set.of(
              "is_per_channel",
              "is_qat",
              "is_dynamic",
              "act_qmin",
              "act_qmax",
              "weight_qmin",
              "weight_qmax",
              "eps"),
          "get_vgf_snorm_quantization_config",
          Set.of("is_per_channel", "is_qat", "weight_qmin", "weight_qmax", "eps"),
          "get_uint8_io_quantization_config",
          Set.of("is_qat", "is_dynamic", "eps"),
          "get_symmetric_a8w4_quantization_config",
          Set.of("is_per_channel", "is_qat", "is_dynamic"),
          "get_symmetric_a16w8_quantization_config",
          Set.of(
              "is_per_channel", "is_qat", "is_dynamic", "weight_qmin", "weight_qmax", "epsilon"));

  private static final String STEPS =
      "set_global, set_io, set_module_name, set_module_type, set_node_name, set_node_target,"
          + " set_node_finder, set_code_path";

  private static final String FINDERS =
      "GlobalNodeFinder, InputNodeFinder, OutputNodeFinder, NodeNameNodeFinder,"
          + " NodeTargetNodeFinder, ModuleNameNodeFinder, ModuleTypeNodeFinder";

  private final String where;
  private final boolean qat;

  StepParser(String where, boolean qat) {
    this.where = where;
    this.qat = qat;
  }

  Step parse(JsonNode step) {
    if (!step.isArray() || step.isEmpty() || !step.get(0).isTextual()) {
      throw error("is %s".formatted(step), "Write [\"set_global\", {}] or the like.");
    }
    String name = step.get(0).textValue();
    int arguments =
        switch (name) {
          case "set_global", "set_io" -> 1;
          case "set_module_name",
              "set_module_type",
              "set_node_name",
              "set_node_target",
              "set_node_finder",
              "set_code_path" ->
              2;
          default ->
              throw error(
                  "calls '%s', which is no step".formatted(name), "Known are " + STEPS + ".");
        };
    if (step.size() != arguments + 1) {
      throw error(
          "gives %s %d argument(s), it takes %d".formatted(name, step.size() - 1, arguments),
          "The last one is a configuration, or null for floating point.");
    }
    Optional<QuantizationConfig> config = config(step.get(arguments));
    return switch (name) {
      case "set_global" -> new Step.SetGlobal(config);
      case "set_io" -> new Step.SetIo(config);
      case "set_module_name" -> new Step.SetModuleName(text(step.get(1)), config);
      case "set_module_type" -> new Step.SetModuleType(text(step.get(1)), config);
      case "set_node_name" -> new Step.SetNodeName(texts(step.get(1)), config);
      case "set_node_target" ->
          new Step.SetNodeTarget(
              texts(step.get(1)).stream().map(StepParser::operator).toList(), config);
      case "set_node_finder" -> new Step.SetNodeFinder(finder(texts(step.get(1))), config);
      default -> new Step.SetCodePath(codePath(text(step.get(1))), config);
    };
  }

  /** A finder as the reference calls its class, and what its constructor takes. */
  private NodeFinder finder(List<String> words) {
    String name = words.isEmpty() ? "" : words.get(0);
    List<String> given = words.subList(Math.min(1, words.size()), words.size());
    NodeFinder finder =
        switch (name) {
          case "GlobalNodeFinder" -> new NodeFinder.Global();
          case "InputNodeFinder" -> new NodeFinder.Inputs();
          case "OutputNodeFinder" -> new NodeFinder.Outputs();
          case "NodeNameNodeFinder" -> new NodeFinder.NodeName(Set.copyOf(given));
          case "NodeTargetNodeFinder" ->
              new NodeFinder.NodeTarget(
                  given.stream().map(StepParser::operator).collect(Collectors.toSet()));
          case "ModuleNameNodeFinder" -> new NodeFinder.ModuleName(String.join(".", given));
          case "ModuleTypeNodeFinder" -> new NodeFinder.ModuleType(String.join(".", given));
          default ->
              throw error(
                  "names the finder '%s', which is not known".formatted(name),
                  "Known are " + FINDERS + ".");
        };
    boolean alone =
        finder instanceof NodeFinder.Global
            || finder instanceof NodeFinder.Inputs
            || finder instanceof NodeFinder.Outputs;
    boolean several =
        finder instanceof NodeFinder.NodeName || finder instanceof NodeFinder.NodeTarget;
    if (alone ? !given.isEmpty() : given.isEmpty() || !several && given.size() > 1) {
      throw error(
          "gives %s %d name(s)".formatted(name, given.size()),
          alone ? "It takes none." : several ? "It takes one or more." : "It takes one.");
    }
    return finder;
  }

  private CodePath codePath(String path) {
    try {
      return new CodePath(path);
    } catch (IllegalArgumentException e) {
      throw error(
          "names the code path '%s'".formatted(path),
          "A code path starts with main, for example main/true_graph_0.");
    }
  }

  static String operator(String name) {
    String prefix = "torch.ops.";
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  private String text(JsonNode node) {
    if (!node.isTextual()) {
      throw error("has %s where a name is expected".formatted(node), "Write it in quotes.");
    }
    return node.textValue();
  }

  private List<String> texts(JsonNode node) {
    if (!node.isArray()) {
      return List.of(text(node));
    }
    List<String> all = new ArrayList<>();
    node.forEach(n -> all.add(text(n)));
    return all;
  }

  private Optional<QuantizationConfig> config(JsonNode node) {
    if (node.isNull()) {
      return Optional.empty();
    }
    if (!node.isObject()) {
      throw error(
          "has %s where a configuration is expected".formatted(node),
          "Write {} for the defaults or null for floating point.");
    }
    String factory = node.has("factory") ? text(node.get("factory")) : DEFAULT_FACTORY;
    Set<String> known = FACTORIES.get(factory);
    if (factory.contains("weight_only") || isWeightOnly(node)) {
      throw error(
          "asks for weight-only quantization, which VGF does not support",
          "Use static or dynamic int8 activations, or null for floating point.");
    }
    if (known == null) {
      throw error(
          "names the factory '%s', which is not known".formatted(factory),
          "Known are %s.".formatted(String.join(", ", new TreeSet<>(FACTORIES.keySet()))));
    }
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!key.equals("factory") && !known.contains(key)) {
                throw error(
                    "gives '%s' to %s, which does not take it".formatted(key, factory),
                    "It takes %s.".formatted(String.join(", ", new TreeSet<>(known))));
              }
            });
    return Optional.of(make(factory, node));
  }

  private static boolean isWeightOnly(JsonNode node) {
    return node.path("is_weight_only").asBoolean(false)
        || node.path("weight_only").asBoolean(false)
        || node.has("input_activation") && node.get("input_activation").isNull();
  }

  private QuantizationConfig make(String factory, JsonNode node) {
    boolean forQat = flag(node, "is_qat", qat);
    double eps =
        number(
            node,
            factory.contains("a16w8") ? "epsilon" : "eps",
            factory.contains("a16w8") ? QuantizationConfig.EPS_INT16 : QuantizationConfig.EPS);
    if (factory.contains("uint8_io")) {
      return QuantizationConfig.uint8Io(forQat, flag(node, "is_dynamic", false), eps);
    }
    Symmetric d = Symmetric.DEFAULT;
    Symmetric parameters =
        new Symmetric(
            flag(node, "is_per_channel", d.perChannel()),
            forQat,
            flag(node, "is_dynamic", d.dynamic()),
            integer(node, "act_qmin", d.actQuantMin(), -128, 127),
            integer(node, "act_qmax", d.actQuantMax(), -128, 127),
            integer(node, "weight_qmin", d.weightQuantMin(), -128, 127),
            integer(node, "weight_qmax", d.weightQuantMax(), -128, 127),
            eps);
    if (parameters.actQuantMin() >= parameters.actQuantMax()
        || parameters.weightQuantMin() >= parameters.weightQuantMax()) {
      throw error("has a range whose least value is not below its greatest", "Swap them.");
    }
    return switch (factory) {
      case "get_vgf_snorm_quantization_config" -> QuantizationConfig.vgfSnorm(parameters);
      case "get_symmetric_a8w4_quantization_config" -> QuantizationConfig.symmetricA8W4(parameters);
      case "get_symmetric_a16w8_quantization_config" ->
          QuantizationConfig.symmetricA16W8(parameters);
      default -> QuantizationConfig.symmetric(parameters);
    };
  }

  private boolean flag(JsonNode node, String key, boolean fallback) {
    JsonNode value = node.path(key);
    if (value.isMissingNode()) {
      return fallback;
    }
    if (!value.isBoolean()) {
      throw error("has %s = %s".formatted(key, value), "It must be true or false.");
    }
    return value.booleanValue();
  }

  private int integer(JsonNode node, String key, int fallback, int min, int max) {
    JsonNode value = node.path(key);
    if (value.isMissingNode()) {
      return fallback;
    }
    if (!value.isIntegralNumber() || value.longValue() < min || value.longValue() > max) {
      throw error(
          "has %s = %s".formatted(key, value),
          "It must be a whole number from %d to %d.".formatted(min, max));
    }
    return value.intValue();
  }

  private double number(JsonNode node, String key, double fallback) {
    JsonNode value = node.path(key);
    if (value.isMissingNode()) {
      return fallback;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0)) {
      throw error("has %s = %s".formatted(key, value), "It must be a positive number.");
    }
    return value.doubleValue();
  }

  private ConfigurationException error(String what, String todo) {
    return new ConfigurationException(
        "Cannot use the configuration: %s %s. %s".formatted(where, what, todo));
  }
}
