package org.calibeam.core.quantizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.convert.CalibratorChoice;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.qspec.QuantizationConfig;

/**
 * A quantizer's steps as a configuration file gives them: {@code {"is_qat": false, "steps":
 * [["set_global", {…}], ["set_module_name", "conv2", null], …]}}. Steps and the arguments of
 * configurations are called as in ExecuTorch's {@code VgfQuantizer}.
 *
 * @param qat whether fake quantization runs while the samples are seen
 * @param quantizePredicates whether what only decides about control flow is quantized as well, as
 *     the reference does; by default it stays in floating point
 * @param calibrators which tensors get another calibrator than the others; they say nothing about
 *     what is observed
 * @param repairs what is done to lose less by quantizing
 * @param json the file's content in canonical form
 */
public record QuantizerConfiguration(
    boolean qat,
    boolean quantizePredicates,
    List<Step> steps,
    List<CalibratorChoice> calibrators,
    Set<Repair> repairs,
    String json) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CALIBRATORS = "calibrators";
  private static final String REPAIRS = "repairs";
  private static final Set<String> KEYS =
      Set.of("is_qat", "quantize_predicates", "steps", CALIBRATORS, REPAIRS);

  /** One call of the quantizer. */
  public sealed interface Step {
    /** Empty leaves the nodes in floating point. */
    Optional<QuantizationConfig> config();

    record SetGlobal(Optional<QuantizationConfig> config) implements Step {}

    record SetIo(Optional<QuantizationConfig> config) implements Step {}

    record SetModuleName(String module, Optional<QuantizationConfig> config) implements Step {}

    record SetModuleType(String type, Optional<QuantizationConfig> config) implements Step {}

    record SetNodeName(List<String> names, Optional<QuantizationConfig> config) implements Step {}

    record SetNodeTarget(List<String> targets, Optional<QuantizationConfig> config)
        implements Step {}

    record SetNodeFinder(NodeFinder finder, Optional<QuantizationConfig> config) implements Step {}

    record SetCodePath(CodePath path, Optional<QuantizationConfig> config) implements Step {}
  }

  /** What is done where nothing was configured: everything int8, weights per channel. */
  public static final QuantizerConfiguration DEFAULT =
      parse("{\"steps\": [[\"set_global\", {}]]}", "the default configuration");

  public QuantizerConfiguration {
    steps = List.copyOf(steps);
    calibrators = List.copyOf(calibrators);
    repairs = Set.copyOf(repairs);
  }

  /**
   * Reads a configuration file.
   *
   * @param source what to call it in errors, for example its path
   * @throws ConfigurationException if anything in it is not understood
   */
  public static QuantizerConfiguration parse(String text, String source) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new ConfigurationException(
          "Cannot read %s: it is not JSON (line %d: %s). Write {\"steps\": [[\"set_global\", {}]]}."
              .formatted(
                  source,
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                  e.getOriginalMessage()),
          e);
    }
    if (root == null || !root.isObject()) {
      throw new ConfigurationException(
          "Cannot read %s: it is no JSON object. Write {\"steps\": [[\"set_global\", {}]]}."
              .formatted(source));
    }
    root.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KEYS.contains(key)) {
                throw new ConfigurationException(
                    "Unknown key '%s' in %s: known are is_qat, quantize_predicates, steps, calibrators and repairs."
                        .formatted(key, source));
              }
            });
    boolean qat = flag(root, "is_qat", source);
    JsonNode list = root.path("steps");
    if (!list.isArray()) {
      throw new ConfigurationException(
          "%s has no list called steps. Write {\"steps\": [[\"set_global\", {}]]}."
              .formatted(source));
    }
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      steps.add(new StepParser("step %d of %s".formatted(i + 1, source), qat).parse(list.get(i)));
    }
    return new QuantizerConfiguration(
        qat,
        flag(root, "quantize_predicates", source),
        steps,
        CalibratorSteps.parse(root.path(CALIBRATORS), source),
        repairs(root.path(REPAIRS), qat, source),
        root.toString());
  }

  private static Set<Repair> repairs(JsonNode list, boolean qat, String source) {
    if (!list.isMissingNode() && !list.isArray()) {
      throw new ConfigurationException(
          "repairs in %s is %s, it must be a list. Write [\"bias\", \"equalize\"]."
              .formatted(source, list));
    }
    Set<Repair> repairs = EnumSet.noneOf(Repair.class);
    for (JsonNode name : list) {
      repairs.add(
          Repair.named(name.asText())
              .orElseThrow(
                  () ->
                      new ConfigurationException(
                          "Unknown repair %s in %s: known are bias and equalize."
                              .formatted(name, source))));
    }
    if (qat && !repairs.isEmpty()) {
      throw new ConfigurationException(
          "Cannot use repairs with is_qat in %s: training changes what they would repair. Leave one of them out."
              .formatted(source));
    }
    if (repairs.contains(Repair.EQUALIZE)) {
      // Scaled weights round differently, and whole channels may shift by that.
      repairs.add(Repair.BIAS);
    }
    return repairs;
  }

  private static boolean flag(JsonNode root, String key, String source) {
    JsonNode value = root.path(key);
    if (value.isMissingNode()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw new ConfigurationException(
          "%s in %s is %s, it must be true or false.".formatted(key, source, value));
    }
    return value.booleanValue();
  }

  /** This configuration with predicates quantized; its {@link #json} says so. */
  public QuantizerConfiguration withQuantizedPredicates() {
    try {
      ObjectNode root = (ObjectNode) JSON.readTree(json);
      return parse(root.put("quantize_predicates", true).toString(), "the configuration");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The configuration was read before", e);
    }
  }

  /** This configuration with these repairs and no others; its {@link #json} says so. */
  public QuantizerConfiguration withRepairs(Set<Repair> wanted) {
    try {
      ObjectNode root = (ObjectNode) JSON.readTree(json);
      root.remove(REPAIRS);
      if (!wanted.isEmpty()) {
        ArrayNode list = root.putArray(REPAIRS);
        wanted.stream().sorted().forEach(repair -> list.add(repair.text()));
      }
      return parse(root.toString(), "the configuration");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The configuration was read before", e);
    }
  }

  /**
   * The part of the file that decides what is observed, in canonical form: statistics belong to it,
   * whatever calibrators read them.
   */
  public String observationJson() {
    try {
      ObjectNode root = (ObjectNode) JSON.readTree(json);
      root.remove(CALIBRATORS);
      return root.toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("The configuration was read before", e);
    }
  }

  /** A quantizer with these steps done. */
  public VgfQuantizer quantizer(VgfCompileSpec spec) {
    VgfQuantizer quantizer =
        new VgfQuantizer(spec)
            .setQuantizePredicates(quantizePredicates)
            .setQat(qat)
            .setRepairs(repairs);
    for (Step step : steps) {
      quantizer.apply(step);
    }
    return quantizer;
  }
}
