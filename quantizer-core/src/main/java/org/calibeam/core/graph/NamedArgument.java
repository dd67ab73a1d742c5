package org.calibeam.core.graph;

/**
 * One argument of a call.
 *
 * @param name the parameter's name in the operator's schema; empty for control flow
 * @param kind how the caller passed it
 */
public record NamedArgument(String name, Argument value, Kind kind) {

  /** How an argument was passed. */
  public enum Kind {
    UNKNOWN,
    POSITIONAL,
    KEYWORD
  }

  public static NamedArgument positional(String name, Argument value) {
    return new NamedArgument(name, value, Kind.POSITIONAL);
  }

  public static NamedArgument keyword(String name, Argument value) {
    return new NamedArgument(name, value, Kind.KEYWORD);
  }

  public NamedArgument withValue(Argument other) {
    return new NamedArgument(name, other, kind);
  }
}
