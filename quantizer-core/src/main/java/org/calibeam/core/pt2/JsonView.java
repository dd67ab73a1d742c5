package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.ModelException;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value and where it stands in its archive. Every accessor checks what it finds and
 * complains with the place: {@code m.pt2, models/model.json at graph_module.graph.nodes[3]: …}.
 */
final class JsonView {
  private static final int LONGEST_NAME = 500;

  private final JsonNode json;
  private final @Nullable JsonView parent;
  private final String step;

  private JsonView(JsonNode json, @Nullable JsonView parent, String step) {
    this.json = json;
    this.parent = parent;
    this.step = step;
  }

  /**
   * The whole document.
   *
   * @param where archive and entry
   */
  static JsonView root(JsonNode json, String where) {
    return new JsonView(json, null, where);
  }

  /** A value of a union: an object whose only key names the variant. */
  record Variant(String kind, JsonView value) {
    boolean is(String other) {
      return kind.equals(other);
    }
  }

  JsonNode json() {
    return json;
  }

  /** The member called {@code key}, which must be there; it may be null. */
  JsonView at(String key) {
    JsonNode member = object().get(key);
    if (member == null) {
      throw error("the key '%s' is missing".formatted(key));
    }
    return new JsonView(member, this, "." + key);
  }

  /** The member called {@code key}, empty if it is absent or null. */
  Optional<JsonView> find(String key) {
    JsonNode member = object().get(key);
    return member == null || member.isNull()
        ? Optional.empty()
        : Optional.of(new JsonView(member, this, "." + key));
  }

  /** All members, in the document's order. */
  Map<String, JsonView> members() {
    Map<String, JsonView> members = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : object().properties()) {
      members.put(
          member.getKey(), new JsonView(member.getValue(), this, "[" + member.getKey() + "]"));
    }
    return members;
  }

  /** All elements of a list. */
  List<JsonView> items() {
    if (!json.isArray()) {
      throw expected("a list");
    }
    List<JsonView> items = new ArrayList<>(json.size());
    for (int i = 0; i < json.size(); i++) {
      items.add(new JsonView(json.get(i), this, "[" + i + "]"));
    }
    return items;
  }

  Variant variant() {
    JsonNode object = object();
    if (object.size() != 1) {
      throw expected("an object with exactly one key");
    }
    String kind = object.fieldNames().next();
    return new Variant(kind, new JsonView(object.get(kind), this, "." + kind));
  }

  String text() {
    if (!json.isTextual()) {
      throw expected("a string");
    }
    return json.textValue();
  }

  /** A string that can name something in messages and reports: printable, not endless. */
  String name() {
    String name = text();
    if (name.isEmpty() || name.length() > LONGEST_NAME || !Complaint.oneLine(name).equals(name)) {
      throw expected("a printable name");
    }
    return name;
  }

  /** A name that Python accepts for a variable. */
  String identifier() {
    String name = name();
    if (!GraphWriter.NAME.matcher(name).matches()) {
      throw expected("a name that Python accepts");
    }
    return name;
  }

  long integer() {
    if (!json.isIntegralNumber() || !json.canConvertToLong()) {
      throw expected("a whole number of 64 bits");
    }
    return json.longValue();
  }

  /** A number; those that JSON does not have are given as strings. */
  double number() {
    if (json.isNumber()) {
      return json.doubleValue();
    }
    return switch (json.isTextual() ? json.textValue() : "") {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      case "NaN" -> Double.NaN;
      default -> throw expected("a number");
    };
  }

  boolean bool() {
    if (!json.isBoolean()) {
      throw expected("true or false");
    }
    return json.booleanValue();
  }

  ModelException error(String problem) {
    return Complaint.of(where(), problem);
  }

  private ModelException expected(String what) {
    String found = json.toString();
    return error(
        "%s was expected, not %s"
            .formatted(what, found.length() > 60 ? found.substring(0, 60) + "…" : found));
  }

  private JsonNode object() {
    if (!json.isObject()) {
      throw expected("an object");
    }
    return json;
  }

  private String where() {
    if (parent == null) {
      return step;
    }
    String above = parent.where();
    return parent.parent == null ? above + " at " + step.replaceFirst("^\\.", "") : above + step;
  }
}
