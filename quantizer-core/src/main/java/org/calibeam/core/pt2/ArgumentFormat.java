package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Argument.MemoryFormat;
import org.calibeam.core.graph.Argument.SymKind;

/** Arguments as the archive writes them; {@link ArgumentReader} reads them back. */
final class ArgumentFormat {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ArgumentFormat() {}

  /**
   * The union object for {@code argument}.
   *
   * @param graphs writes the graph of an {@link Argument.Sub}
   */
  static ObjectNode write(Argument argument, Function<Argument.Sub, ObjectNode> graphs) {
    if (argument instanceof Argument.None) {
      return union("as_none", JSON.booleanNode(true));
    } else if (argument instanceof Argument.Ref ref) {
      return union("as_tensor", name(ref));
    } else if (argument instanceof Argument.Refs refs) {
      return union("as_tensors", names(refs));
    } else if (argument instanceof Argument.OptionalRefs refs) {
      return union("as_optional_tensors", array(refs.refs(), ArgumentFormat::optional));
    } else if (argument instanceof Argument.NestedRefs nested) {
      return union("as_nested_tensors", array(nested.lists(), ArgumentFormat::names));
    } else if (argument instanceof Argument.IntValue v) {
      return union("as_int", JSON.numberNode(v.value()));
    } else if (argument instanceof Argument.IntList l) {
      return union("as_ints", array(l.values(), JSON::numberNode));
    } else if (argument instanceof Argument.FloatValue v) {
      return union("as_float", number(v.value()));
    } else if (argument instanceof Argument.FloatList l) {
      return union("as_floats", array(l.values(), ArgumentFormat::number));
    } else if (argument instanceof Argument.BoolValue v) {
      return union("as_bool", JSON.booleanNode(v.value()));
    } else if (argument instanceof Argument.BoolList l) {
      return union("as_bools", array(l.values(), JSON::booleanNode));
    } else if (argument instanceof Argument.StringValue v) {
      return union("as_string", JSON.textNode(v.value()));
    } else if (argument instanceof Argument.StringList l) {
      return union("as_strings", array(l.values(), JSON::textNode));
    } else if (argument instanceof Argument.ScalarTypeValue v) {
      return union("as_scalar_type", JSON.numberNode(TensorFormat.code(v.value())));
    } else if (argument instanceof Argument.LayoutValue v) {
      return union("as_layout", JSON.numberNode(TensorFormat.code(v.value())));
    } else if (argument instanceof Argument.DeviceValue v) {
      return union("as_device", TensorFormat.writeDevice(v.value()));
    } else if (argument instanceof MemoryFormat format) {
      return union("as_memory_format", JSON.numberNode(code(format)));
    } else if (argument instanceof Argument.SymRef ref) {
      return union(symbolic(ref.kind()), symbol(ref));
    } else if (argument instanceof Argument.SymLiteral l) {
      return union(symbolic(l.kind()), symbol(l));
    } else if (argument instanceof Argument.SymList l) {
      return union(symbolic(l.kind()) + "s", array(l.values(), ArgumentFormat::symbol));
    } else if (argument instanceof Argument.Sub sub) {
      ObjectNode graph = JSON.objectNode().put("name", sub.name());
      graph.set("graph", graphs.apply(sub));
      return union("as_graph", graph);
    } else if (argument instanceof Argument.ObjectRef ref) {
      return union("as_custom_obj", object(ref));
    } else if (argument instanceof Argument.Named named) {
      ObjectNode entries = JSON.objectNode();
      named.entries().forEach((key, value) -> entries.set(key, write(value, graphs)));
      return union("as_string_to_argument", entries);
    } else if (argument instanceof Argument.Opaque opaque) {
      return union(opaque.kind(), Json.parse(opaque.json()));
    }
    throw new IllegalArgumentException("The archive has no form for " + argument);
  }

  static ObjectNode union(String kind, JsonNode payload) {
    ObjectNode union = JSON.objectNode();
    union.set(kind, payload);
    return union;
  }

  static ObjectNode object(Argument.ObjectRef ref) {
    return JSON.objectNode().put("name", ref.node()).put("class_fqn", ref.className());
  }

  /** A float; those that JSON does not have become strings. */
  private static JsonNode number(double value) {
    return Double.isFinite(value) ? JSON.numberNode(value) : JSON.textNode(Double.toString(value));
  }

  private static <T> ArrayNode array(List<T> values, Function<T, ? extends JsonNode> write) {
    ArrayNode array = JSON.arrayNode(values.size());
    values.forEach(v -> array.add(write.apply(v)));
    return array;
  }

  private static ObjectNode name(Argument.Ref ref) {
    return JSON.objectNode().put("name", ref.node());
  }

  private static ArrayNode names(Argument.Refs refs) {
    return array(refs.refs(), ArgumentFormat::name);
  }

  private static ObjectNode optional(Optional<Argument.Ref> ref) {
    return ref.map(r -> union("as_tensor", name(r)))
        .orElseGet(() -> union("as_none", JSON.booleanNode(true)));
  }

  private static ObjectNode symbol(Argument value) {
    if (value instanceof Argument.SymRef ref) {
      return JSON.objectNode().put("as_name", ref.node());
    }
    if (value instanceof Argument.SymLiteral literal) {
      if (literal.value() instanceof Argument.IntValue v) {
        return JSON.objectNode().put(literal(SymKind.INT), v.value());
      } else if (literal.value() instanceof Argument.BoolValue v) {
        return JSON.objectNode().put(literal(SymKind.BOOL), v.value());
      } else if (literal.value() instanceof Argument.FloatValue v) {
        return union(literal(SymKind.FLOAT), number(v.value()));
      }
    }
    throw new IllegalArgumentException(value + " is no symbolic number");
  }

  /** The variant of one symbolic number. */
  static String symbolic(SymKind kind) {
    return switch (kind) {
      case INT -> "as_sym_int";
      case FLOAT -> "as_sym_float";
      case BOOL -> "as_sym_bool";
    };
  }

  /** The variant of a literal where a symbolic number of {@code kind} is allowed. */
  static String literal(SymKind kind) {
    return switch (kind) {
      case INT -> "as_int";
      case FLOAT -> "as_float";
      case BOOL -> "as_bool";
    };
  }

  static int code(MemoryFormat format) {
    return switch (format) {
      case CONTIGUOUS -> 1;
      case CHANNELS_LAST -> 2;
      case CHANNELS_LAST_3D -> 3;
      case PRESERVE -> 4;
    };
  }
}
