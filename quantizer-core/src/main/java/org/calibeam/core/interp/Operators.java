package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.AliasInfo;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueOptional;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Type;
import org.jspecify.annotations.Nullable;

/** Finds operators by the names that archives use. One instance serves one model. */
final class Operators implements AutoCloseable {
  private final NativeMemory memory = new NativeMemory();
  private final Map<String, Optional<Operator>> found = new HashMap<>();

  /** The operator called {@code target}, {@code aten.conv2d.default}; empty if unknown. */
  synchronized Optional<Operator> find(String target) {
    return found.computeIfAbsent(target, this::resolve);
  }

  private Optional<Operator> resolve(String target) {
    String[] parts = target.split("\\.", 3);
    if (parts.length != 3) {
      return Optional.empty();
    }
    OperatorHandle handle;
    try {
      handle =
          Dispatcher.singleton()
              .findSchemaOrThrow(
                  parts[0] + "::" + parts[1], parts[2].equals("default") ? "" : parts[2]);
    } catch (RuntimeException unknown) {
      return Optional.empty();
    }
    memory.keep(handle);
    FunctionSchema schema = handle.schema();
    List<Operator.Parameter> parameters = new ArrayList<>();
    for (Argument argument : elements(schema.arguments())) {
      parameters.add(parameter(argument));
    }
    List<Argument> returns = elements(schema.returns());
    int count = returns.size();
    boolean list = count == 1 && typeName(returns.get(0)).endsWith("[]");
    return Optional.of(new Operator(target, handle, parameters, count, list, schema.is_mutable()));
  }

  /** A native vector of arguments comes as a pointer to the first one, none if it is empty. */
  private static List<Argument> elements(@Nullable Argument first) {
    List<Argument> all = new ArrayList<>();
    for (long i = 0; first != null && i < first.limit(); i++) {
      all.add(first.getPointer(i));
    }
    return all;
  }

  private Operator.Parameter parameter(Argument argument) {
    String name = typeName(argument);
    boolean optional = name.endsWith("?");
    Operator.Kind kind =
        Operator.Kind.named(optional ? name.substring(0, name.length() - 1) : name);
    AliasInfo alias = argument.alias_info();
    boolean aliases = alias != null && !alias.isNull();
    return new Operator.Parameter(
        argument.name().getString(),
        kind,
        optional,
        argument.kwarg_only(),
        elementType(argument, optional),
        defaultValue(argument),
        aliases,
        aliases && alias.isWrite());
  }

  private static String typeName(Argument argument) {
    try (Type.TypePtr type = argument.real_type()) {
      return type.get().str().getString();
    }
  }

  private Type.@Nullable TypePtr elementType(Argument argument, boolean optional) {
    try (Type.TypePtr declared = argument.type()) {
      Type type = declared.get();
      if (!type.str().getString().contains("[")) {
        return null;
      }
      if (!optional) {
        return memory.keep(type.containedType(0));
      }
      try (Type.TypePtr list = type.containedType(0)) {
        return memory.keep(list.get().containedType(0));
      }
    }
  }

  /** A copy: what libtorch hands out lives only as long as its wrapper. */
  private @Nullable IValue defaultValue(Argument argument) {
    try (IValueOptional value = argument.default_value()) {
      if (!value.has_value()) {
        return null;
      }
      IValueVector copy = memory.keep(new IValueVector(1));
      copy.put(0L, value.get());
      return copy.get(0);
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
