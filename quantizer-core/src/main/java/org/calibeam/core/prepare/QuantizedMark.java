package org.calibeam.core.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.calibeam.core.graph.Node;

/**
 * The mark on a call that tells ExecuTorch's Arm backends whether it runs on integers: {@code
 * {"_arm_annotation_info": {"quantized": true}}} in the node's {@code custom} metadata. Without it
 * lowering computes a quantized node in floating point.
 */
public final class QuantizedMark {
  private static final String METADATA = "custom";
  private static final String KEY = "_arm_annotation_info";
  private static final String QUANTIZED = "quantized";
  private static final ObjectMapper JSON = new ObjectMapper();

  private QuantizedMark() {}

  /** {@code call} with the mark set; what else its {@code custom} metadata says is kept. */
  public static Node.Call set(Node.Call call, boolean quantized) {
    ObjectNode custom = custom(call);
    custom.putObject(KEY).put(QUANTIZED, quantized);
    Map<String, String> metadata = new LinkedHashMap<>(call.metadata());
    metadata.put(METADATA, custom.toString());
    return call.withMetadata(metadata);
  }

  /** Whether {@code node} bears the mark and it says quantized. */
  public static boolean isQuantized(Node node) {
    return custom(node).path(KEY).path(QUANTIZED).asBoolean(false);
  }

  private static ObjectNode custom(Node node) {
    String text = node.metadata().get(METADATA);
    if (text != null) {
      try {
        JsonNode parsed = JSON.readTree(text);
        if (parsed instanceof ObjectNode object) {
          return object;
        }
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(
            "The custom metadata of %s is not JSON: %s".formatted(node.name(), text), e);
      }
    }
    return JSON.createObjectNode();
  }
}
