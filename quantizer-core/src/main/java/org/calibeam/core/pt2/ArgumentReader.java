package org.calibeam.core.pt2;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Argument.MemoryFormat;
import org.calibeam.core.graph.Argument.SymKind;

/** Reads the archive's {@code Argument} union; {@link ArgumentFormat} writes it. */
final class ArgumentReader {
  private static final Set<String> OPAQUE =
      Set.of("as_complex", "as_operator", "as_int_lists", "as_float_lists");

  private final Set<String> objects;

  /**
   * A reader of arguments within one graph.
   *
   * @param objects names of that graph's nodes that are custom objects
   */
  ArgumentReader(Set<String> objects) {
    this.objects = objects;
  }

  Argument read(JsonView json) {
    JsonView.Variant variant = json.variant();
    JsonView value = variant.value();
    return switch (variant.kind()) {
      case "as_none" -> Argument.NONE;
      case "as_tensor" -> ref(value);
      case "as_tensors" -> refs(value);
      case "as_optional_tensor" ->
          optionalRef(value).map(Argument.class::cast).orElse(Argument.NONE);
      case "as_optional_tensors" ->
          new Argument.OptionalRefs(each(value, ArgumentReader::optionalRef));
      case "as_nested_tensors" -> new Argument.NestedRefs(each(value, ArgumentReader::refs));
      case "as_int" -> Argument.of(value.integer());
      case "as_ints" -> new Argument.IntList(each(value, JsonView::integer));
      case "as_float" -> Argument.of(value.number());
      case "as_floats" -> new Argument.FloatList(each(value, JsonView::number));
      case "as_bool" -> Argument.of(value.bool());
      case "as_bools" -> new Argument.BoolList(each(value, JsonView::bool));
      case "as_string" -> new Argument.StringValue(value.text());
      case "as_strings" -> new Argument.StringList(each(value, JsonView::text));
      case "as_sym_int" -> symbolic(SymKind.INT, value);
      case "as_sym_ints" -> symbolics(SymKind.INT, value);
      case "as_sym_float" -> symbolic(SymKind.FLOAT, value);
      case "as_sym_floats" -> symbolics(SymKind.FLOAT, value);
      case "as_sym_bool" -> symbolic(SymKind.BOOL, value);
      case "as_sym_bools" -> symbolics(SymKind.BOOL, value);
      case "as_scalar_type" -> new Argument.ScalarTypeValue(TensorFormat.readDType(value));
      case "as_memory_format" -> memoryFormat(value);
      case "as_layout" -> new Argument.LayoutValue(TensorFormat.readLayout(value));
      case "as_device" -> new Argument.DeviceValue(TensorFormat.readDevice(value));
      case "as_graph" ->
          new Argument.Sub(value.at("name").identifier(), GraphReader.branch(value.at("graph")));
      case "as_custom_obj" -> object(variant);
      case "as_string_to_argument" -> named(value);
      default -> {
        if (!OPAQUE.contains(variant.kind())) {
          throw json.error("an argument of kind %s is not known".formatted(variant.kind()));
        }
        yield new Argument.Opaque(variant.kind(), value.json().toString());
      }
    };
  }

  private static <T> List<T> each(JsonView list, Function<JsonView, T> read) {
    return list.items().stream().map(read).toList();
  }

  private static Argument.Ref ref(JsonView json) {
    return Argument.ref(json.at("name").identifier());
  }

  private static Argument.Refs refs(JsonView json) {
    return new Argument.Refs(each(json, ArgumentReader::ref));
  }

  private static Optional<Argument.Ref> optionalRef(JsonView json) {
    JsonView.Variant variant = json.variant();
    return switch (variant.kind()) {
      case "as_tensor" -> Optional.of(ref(variant.value()));
      case "as_none" -> Optional.empty();
      default ->
          throw json.error("an optional tensor is as_tensor or as_none, not " + variant.kind());
    };
  }

  private static Argument symbolics(SymKind kind, JsonView json) {
    return new Argument.SymList(kind, each(json, j -> symbolic(kind, j)));
  }

  /** A symbolic number: the name of what computes it, or a literal of its kind. */
  private static Argument symbolic(SymKind kind, JsonView json) {
    JsonView.Variant variant = json.variant();
    if (variant.is("as_name")) {
      return new Argument.SymRef(kind, variant.value().text());
    }
    if (!variant.is(ArgumentFormat.literal(kind))) {
      throw json.error(
          "a symbolic number is as_name or %s, not %s"
              .formatted(ArgumentFormat.literal(kind), variant.kind()));
    }
    JsonView value = variant.value();
    return new Argument.SymLiteral(
        kind,
        switch (kind) {
          case INT -> Argument.of(value.integer());
          case FLOAT -> Argument.of(value.number());
          case BOOL -> Argument.of(value.bool());
        });
  }

  private static Argument memoryFormat(JsonView json) {
    long code = json.integer();
    for (MemoryFormat format : MemoryFormat.values()) {
      if (ArgumentFormat.code(format) == code) {
        return format;
      }
    }
    throw json.error("%d is no memory format that Calibeam knows".formatted(code));
  }

  private Argument object(JsonView.Variant variant) {
    String name = variant.value().at("name").text();
    return objects.contains(name)
        ? new Argument.ObjectRef(name, variant.value().at("class_fqn").text())
        : new Argument.Opaque(variant.kind(), variant.value().json().toString());
  }

  private Argument named(JsonView json) {
    Map<String, Argument> entries = new LinkedHashMap<>();
    json.members().forEach((name, value) -> entries.put(name, read(value)));
    return new Argument.Named(entries);
  }
}
