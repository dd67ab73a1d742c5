package org.calibeam.core.graph;

/**
 * One way through the control flow of a program, written {@code main/true_graph_0/false_graph_1}.
 *
 * <p>Code paths are ordered by their text.
 */
public record CodePath(String text) implements Comparable<CodePath> {
  public static final CodePath MAIN = new CodePath("main");

  public CodePath {
    if (!text.equals("main") && !text.startsWith("main/")) {
      throw new IllegalArgumentException(
          "A code path starts with main, this one does not: " + text);
    }
  }

  /** The path of the graph called {@code name} that this one runs. */
  public CodePath child(String name) {
    return new CodePath(text + "/" + name);
  }

  public boolean isMain() {
    return text.equals("main");
  }

  /** Whether this is {@code other} or reached only through it. */
  public boolean isWithin(CodePath other) {
    return text.equals(other.text) || text.startsWith(other.text + "/");
  }

  @Override
  public int compareTo(CodePath other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
