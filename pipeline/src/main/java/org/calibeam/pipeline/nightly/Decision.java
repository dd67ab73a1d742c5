package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What became of a night, and why.
 *
 * @param root {@code decision.json}, as {@code deploy/nightly.md} describes it
 */
public record Decision(ObjectNode root) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** The four ways in which a night ends. */
  public enum Kind {
    /** The new model is the current one. */
    PUBLISHED,
    /** The new model is the published one within the tolerance, which stays. */
    UNCHANGED,
    /** A gate was not passed, so the published model stays. */
    BLOCKED,
    /** There is no new model. */
    FAILED;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Decision of(String run, String job, Kind kind, List<String> reasons) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", 1).put("run", run).put("job", job).put("decision", kind.text());
    reasons.forEach(root.putArray("reasons")::add);
    return new Decision(root);
  }

  Decision with(String field, JsonNode value) {
    root.set(field, value);
    return this;
  }

  public Kind kind() {
    return Kind.valueOf(root.path("decision").asText().toUpperCase(Locale.ROOT));
  }

  /** At least one. */
  public List<String> reasons() {
    return texts(root.path("reasons"));
  }

  public List<String> warnings() {
    return texts(root.path("warnings"));
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  public byte[] toBytes() {
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can be written", e);
    }
  }
}
