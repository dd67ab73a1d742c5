package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.NamedArgument;

/**
 * Parameters and results of an operator, as PyTorch declares them.
 *
 * @param target the overload name, for example {@code aten.conv2d.default}
 * @param parameters in order; those that only a keyword can give come last
 * @param results type of each result, {@code Tensor} or {@code Tensor[]}
 */
public record Schema(String target, List<Parameter> parameters, List<String> results) {
  private static final Pattern LIST = Pattern.compile("[iI]nt\\[(\\d+)]");

  /**
   * One parameter.
   *
   * @param type as PyTorch writes it, without alias annotation: {@code Tensor?}, {@code SymInt[2]}
   * @param defaultValue what is meant where a call leaves it out; empty if it must be given
   * @param written whether the operator changes the tensor that is passed
   */
  public record Parameter(
      String name,
      String type,
      boolean keywordOnly,
      Optional<Argument> defaultValue,
      boolean written) {}

  public Schema {
    parameters = List.copyOf(parameters);
    results = List.copyOf(results);
  }

  /** The parameter called {@code name}, empty if there is none. */
  public Optional<Parameter> parameter(String name) {
    return parameters.stream().filter(p -> p.name().equals(name)).findFirst();
  }

  /** Whether the operator writes into one of its arguments. */
  public boolean isInPlace() {
    return parameters.stream().anyMatch(Parameter::written);
  }

  /**
   * Names for arguments passed by position.
   *
   * @throws IllegalArgumentException if there are more than the operator takes by position
   */
  public List<NamedArgument> positional(List<? extends Argument> values) {
    List<NamedArgument> named = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (i >= parameters.size() || parameters.get(i).keywordOnly()) {
        throw new IllegalArgumentException(
            "%s takes %d arguments by position, not %d".formatted(target, i, values.size()));
      }
      named.add(NamedArgument.positional(parameters.get(i).name(), values.get(i)));
    }
    return named;
  }

  /**
   * Arguments as {@code torch.export} leaves them, whoever wrote them: an integer where the
   * operator takes a list of them becomes a list, and the last ones by position go that have their
   * default.
   */
  public List<NamedArgument> asExported(List<NamedArgument> arguments) {
    List<NamedArgument> exported = new ArrayList<>();
    for (NamedArgument argument : arguments) {
      String type = parameter(argument.name()).map(Parameter::type).orElse("");
      exported.add(argument.withValue(oneForList(type, argument.value())));
    }
    int last = exported.size() - 1;
    while (last >= 0 && exported.get(last).kind() == NamedArgument.Kind.KEYWORD) {
      last--;
    }
    while (last >= 0 && isDefault(exported.get(last))) {
      exported.remove(last--);
    }
    return exported;
  }

  private boolean isDefault(NamedArgument argument) {
    return argument.kind() == NamedArgument.Kind.POSITIONAL
        && parameter(argument.name())
            .flatMap(Parameter::defaultValue)
            .filter(argument.value()::equals)
            .isPresent();
  }

  /** {@code value}, repeated if it is an integer and {@code type} a list of a given length. */
  static Argument oneForList(String type, Argument value) {
    Matcher list = LIST.matcher(type);
    return value instanceof Argument.IntValue number && list.find()
        ? new Argument.IntList(Collections.nCopies(Integer.parseInt(list.group(1)), number.value()))
        : value;
  }
}
