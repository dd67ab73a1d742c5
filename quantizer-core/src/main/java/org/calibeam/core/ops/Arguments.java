package org.calibeam.core.ops;

import java.util.List;
import java.util.Optional;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.tensor.DType;

/**
 * The arguments of one call by the names of its schema, defaults filled in.
 *
 * @param given as the call has them
 */
public record Arguments(Schema schema, List<NamedArgument> given) {

  public Arguments {
    given = List.copyOf(given);
  }

  /** The arguments of a call whose operator is in the table. */
  public static Arguments of(Node.Call call) {
    return new Arguments(Operators.schema(call.target()), call.arguments());
  }

  /**
   * The argument called {@code name}; {@link Argument#NONE} if it is absent and has no default.
   *
   * @throws IllegalArgumentException if the operator has no such parameter
   */
  public Argument get(String name) {
    for (NamedArgument argument : given) {
      if (argument.name().equals(name)) {
        return argument.value();
      }
    }
    return schema
        .parameter(name)
        .orElseThrow(
            () -> new IllegalArgumentException(schema.target() + " has no parameter " + name))
        .defaultValue()
        .orElse(Argument.NONE);
  }

  /** Whether the operator has a parameter called {@code name}. */
  public boolean has(String name) {
    return schema.parameter(name).isPresent();
  }

  /** Whether the argument is {@code None}. */
  public boolean isNone(String name) {
    return get(name) instanceof Argument.None;
  }

  /** The node passed as {@code name}, empty for anything but one tensor. */
  public Optional<Argument.Ref> tensor(String name) {
    return get(name) instanceof Argument.Ref ref ? Optional.of(ref) : Optional.empty();
  }

  /** The nodes passed as the list {@code name}. */
  public List<Argument.Ref> tensors(String name) {
    if (get(name) instanceof Argument.Refs refs) {
      return refs.refs();
    }
    if (get(name) instanceof Argument.OptionalRefs refs) {
      return refs.refs().stream().flatMap(Optional::stream).toList();
    }
    return List.of();
  }

  /** The number passed as {@code name}, empty for {@code None} and what is no literal number. */
  public Optional<Double> number(String name) {
    return numberOf(get(name));
  }

  /** The literal number {@code argument} stands for; a bool counts as 0 or 1. */
  public static Optional<Double> numberOf(Argument argument) {
    if (argument instanceof Argument.FloatValue value) {
      return Optional.of(value.value());
    }
    if (argument instanceof Argument.IntValue value) {
      return Optional.of((double) value.value());
    }
    if (argument instanceof Argument.BoolValue value) {
      return Optional.of(value.value() ? 1.0 : 0.0);
    }
    if (argument instanceof Argument.SymLiteral literal) {
      return numberOf(literal.value());
    }
    return Optional.empty();
  }

  /** The integer passed as {@code name}, empty for {@code None} and what is no literal integer. */
  public Optional<Long> integer(String name) {
    return integerOf(get(name));
  }

  private static Optional<Long> integerOf(Argument argument) {
    if (argument instanceof Argument.IntValue value) {
      return Optional.of(value.value());
    }
    if (argument instanceof Argument.SymLiteral literal) {
      return integerOf(literal.value());
    }
    return Optional.empty();
  }

  /** The bool passed as {@code name}; false for {@code None}. */
  public boolean flag(String name) {
    return get(name) instanceof Argument.BoolValue value && value.value();
  }

  /** The integers passed as {@code name}; one integer counts as a list, empty for other things. */
  public Optional<List<Long>> integers(String name) {
    Argument argument = get(name);
    if (argument instanceof Argument.IntList list) {
      return Optional.of(list.values());
    }
    if (argument instanceof Argument.SymList list) {
      List<Optional<Long>> values = list.values().stream().map(Arguments::integerOf).toList();
      return values.stream().allMatch(Optional::isPresent)
          ? Optional.of(values.stream().map(Optional::orElseThrow).toList())
          : Optional.empty();
    }
    return integerOf(argument).map(List::of);
  }

  /** The element type passed as {@code name}. */
  public Optional<DType> dtype(String name) {
    return get(name) instanceof Argument.ScalarTypeValue type
        ? Optional.of(type.value())
        : Optional.empty();
  }

  /** The text passed as {@code name}. */
  public Optional<String> text(String name) {
    return get(name) instanceof Argument.StringValue text
        ? Optional.of(text.value())
        : Optional.empty();
  }
}
