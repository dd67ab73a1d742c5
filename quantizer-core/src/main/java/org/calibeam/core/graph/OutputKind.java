package org.calibeam.core.graph;

/**
 * What becomes of one output of the main graph.
 *
 * @param kind the archive's name, for example {@code user_output} or {@code buffer_mutation}
 * @param target what is mutated or differentiated; empty for {@code user_output}
 */
public record OutputKind(String kind, String target) {
  public static final OutputKind USER_OUTPUT = new OutputKind("user_output", "");
}
