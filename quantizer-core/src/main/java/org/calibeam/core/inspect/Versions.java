package org.calibeam.core.inspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.calibeam.core.pt2.Envelope;

/** What an archive says about its making. */
final class Versions {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Versions() {}

  static Map<String, String> of(Map<String, String> envelope) {
    Map<String, String> versions = new LinkedHashMap<>();
    JsonNode torch = json(envelope, Envelope.TORCH_VERSION);
    if (torch.isTextual()) {
      versions.put("torch", torch.textValue());
    }
    JsonNode schema = json(envelope, Envelope.SCHEMA_VERSION);
    if (schema.has("major")) {
      versions.put("schema", schema.path("major").asText() + "." + schema.path("minor").asText());
    }
    JsonNode dialects = json(envelope, Envelope.VERIFIERS);
    if (!dialects.isEmpty()) {
      versions.put(
          "dialect",
          StreamSupport.stream(dialects.spliterator(), false)
              .map(JsonNode::asText)
              .collect(Collectors.joining(", ")));
    }
    return versions;
  }

  private static JsonNode json(Map<String, String> envelope, String key) {
    try {
      return MAPPER.readTree(envelope.getOrDefault(key, "null"));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("The envelope's %s is no JSON".formatted(key), e);
    }
  }
}
