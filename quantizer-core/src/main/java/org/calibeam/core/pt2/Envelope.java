package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keys of {@link org.calibeam.core.graph.Program#envelope}: paths in {@code model.json} of what the
 * graphs do not hold, in the order in which they are written.
 */
public final class Envelope {
  /** Versions of operator sets, such as {@code {"aten": 10}}. */
  public static final String OPSET_VERSION = "opset_version";

  /** Bounds of symbols: {@code {"s77": {"min_val": 2, "max_val": 16}}}. */
  public static final String RANGE_CONSTRAINTS = "range_constraints";

  public static final String SCHEMA_VERSION = "schema_version";

  /** Names of dialects, such as {@code ["TRAINING"]}. */
  public static final String VERIFIERS = "verifiers";

  public static final String TORCH_VERSION = "torch_version";

  /** How arguments and results are nested, per module. */
  public static final String MODULE_CALL_GRAPH = "graph_module.module_call_graph";

  /** Names of placeholders that are tokens for the order of side effects, a list. */
  static final String TOKENS = "graph_module.signature.tokens";

  /** How the payloads of custom objects are described, by the constant's name. */
  static final String CUSTOM_OBJECTS = "custom_objects";

  static final String GRAPH_MODULE = "graph_module";
  static final String GRAPH_MODULE_PREFIX = GRAPH_MODULE + ".";
  private static final Set<String> READ_ELSEWHERE = Set.of("graph", "signature");
  private static final Set<String> NOT_IN_PROGRAM = Set.of(TOKENS, CUSTOM_OBJECTS);
  private static final List<String> REQUIRED =
      List.of(OPSET_VERSION, RANGE_CONSTRAINTS, SCHEMA_VERSION);

  private Envelope() {}

  static Map<String, String> read(JsonView program, Signature signature) {
    Map<String, String> envelope = new LinkedHashMap<>();
    REQUIRED.forEach(program::at);
    long major = program.at(SCHEMA_VERSION).at("major").integer();
    if (major != ArchiveLayout.SCHEMA_MAJOR) {
      throw program
          .at(SCHEMA_VERSION)
          .error(
              "schema version %d is not supported, only %d is. Export the model again with torch >= 2.9"
                  .formatted(major, ArchiveLayout.SCHEMA_MAJOR));
    }
    program.at(GRAPH_MODULE).at("module_call_graph");
    program
        .members()
        .forEach(
            (key, value) -> {
              if (!key.equals(GRAPH_MODULE) && !NOT_IN_PROGRAM.contains(key)) {
                envelope.put(key, value.json().toString());
              }
            });
    program
        .at(GRAPH_MODULE)
        .members()
        .forEach(
            (key, value) -> {
              if (!READ_ELSEWHERE.contains(key)
                  && !NOT_IN_PROGRAM.contains(GRAPH_MODULE_PREFIX + key)) {
                envelope.put(GRAPH_MODULE_PREFIX + key, value.json().toString());
              }
            });
    List<String> tokens =
        signature.inputs().stream()
            .filter(i -> i.kind().equals("token"))
            .map(Signature.Input::name)
            .toList();
    if (!tokens.isEmpty()) {
      ArrayNode names = JsonNodeFactory.instance.arrayNode();
      tokens.forEach(names::add);
      envelope.put(TOKENS, names.toString());
    }
    return envelope;
  }

  /**
   * A {@link #MODULE_CALL_GRAPH} for a program that takes {@code inputs} tensors, none by keyword,
   * and returns a tuple of {@code outputs}.
   */
  public static String flatCall(int inputs, int outputs) {
    String leaf = "{\"type\": null, \"context\": null, \"children_spec\": []}";
    String arguments = tuple(Collections.nCopies(inputs, leaf));
    String keywords = "{\"type\": \"builtins.dict\", \"context\": \"[]\", \"children_spec\": []}";
    ObjectNode signature = JsonNodeFactory.instance.objectNode();
    signature.putArray("inputs");
    signature.putArray("outputs");
    signature.put("in_spec", "[1, " + tuple(List.of(arguments, keywords)) + "]");
    signature.put("out_spec", "[1, " + tuple(Collections.nCopies(outputs, leaf)) + "]");
    signature.putNull("forward_arg_names");
    ArrayNode calls = JsonNodeFactory.instance.arrayNode();
    calls.addObject().put("fqn", "").set("signature", signature);
    return calls.toString();
  }

  private static String tuple(List<String> children) {
    return "{\"type\": \"builtins.tuple\", \"context\": \"null\", \"children_spec\": ["
        + String.join(", ", children)
        + "]}";
  }

  /** Puts everything but the graphs and the signature into {@code program}. */
  static void write(Map<String, String> envelope, ObjectNode program) {
    ObjectNode module = (ObjectNode) program.get(GRAPH_MODULE);
    envelope.forEach(
        (key, text) -> {
          if (NOT_IN_PROGRAM.contains(key)) {
            return;
          }
          if (key.startsWith(GRAPH_MODULE_PREFIX)) {
            module.set(key.substring(GRAPH_MODULE_PREFIX.length()), Json.parse(text));
          } else {
            program.set(key, Json.parse(text));
          }
        });
    for (String key : REQUIRED) {
      if (!program.has(key)) {
        throw new IllegalArgumentException("The program's envelope lacks " + key);
      }
    }
    if (!envelope.containsKey(MODULE_CALL_GRAPH)) {
      throw new IllegalArgumentException("The program's envelope lacks " + MODULE_CALL_GRAPH);
    }
  }

  /** What the archive said about the payload of the custom object {@code name}. */
  static JsonNode customObject(Map<String, String> envelope, String name) {
    JsonNode payload = Json.parse(envelope.getOrDefault(CUSTOM_OBJECTS, "{}")).get(name);
    if (payload == null) {
      throw new IllegalArgumentException("The program's envelope does not describe " + name);
    }
    return payload;
  }
}
