package org.calibeam.core.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An exported program: the main graph, its constants and what the archive says about it beyond
 * that.
 *
 * <p>In the main graph constants are {@link Node.GetAttr} nodes. A branch gets the constants it
 * uses as operands, as exported, or refers to them by {@link Node.GetAttr} as well once {@code
 * transform} has resolved them; the archive writer needs the former.
 *
 * @param constants by fully qualified name, in the archive's order; those no node uses are kept
 * @param outputKinds one per output of {@code main}
 * @param envelope the archive's other descriptions (module call graph, range constraints, versions,
 *     …), each a JSON text by its key, written back as they are
 * @param attachments the archive's other entries (sample inputs, extra files, …) by their path
 *     within it, written back as they are
 */
public record Program(
    Graph main,
    Map<String, Constant> constants,
    List<OutputKind> outputKinds,
    Map<String, String> envelope,
    Map<String, Attachment> attachments) {

  public Program {
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    outputKinds = List.copyOf(outputKinds);
    envelope = Collections.unmodifiableMap(new LinkedHashMap<>(envelope));
    attachments = Collections.unmodifiableMap(new LinkedHashMap<>(attachments));
    if (outputKinds.size() != main.outputs().size()) {
      throw new IllegalArgumentException(
          "%d outputs have %d kinds".formatted(main.outputs().size(), outputKinds.size()));
    }
  }

  /** A program without attachments. */
  public Program(
      Graph main,
      Map<String, Constant> constants,
      List<OutputKind> outputKinds,
      Map<String, String> envelope) {
    this(main, constants, outputKinds, envelope, Map.of());
  }

  /**
   * The constant that {@code attr} uses.
   *
   * @throws IllegalArgumentException if the program does not have it
   */
  public Constant constant(Node.GetAttr attr) {
    Constant constant = constants.get(attr.constant());
    if (constant == null) {
      throw new IllegalArgumentException(
          "%s uses the constant %s, which the program does not have"
              .formatted(attr.name(), attr.constant()));
    }
    return constant;
  }

  public Program withMain(Graph graph) {
    return new Program(graph, constants, outputKinds, envelope, attachments);
  }

  public Program withConstants(Map<String, Constant> others) {
    return new Program(main, others, outputKinds, envelope, attachments);
  }

  /** Every graph by its {@link CodePath}, callers before what they call. */
  public Map<CodePath, Graph> graphs() {
    Map<CodePath, Graph> all = new LinkedHashMap<>();
    collect(CodePath.MAIN, main, all);
    return all;
  }

  private static void collect(CodePath path, Graph graph, Map<CodePath, Graph> all) {
    all.put(path, graph);
    for (Node.Call call : graph.calls()) {
      call.subgraphs().forEach(sub -> collect(path.child(sub.name()), sub.graph(), all));
    }
  }

  /** The constant names of all {@link Node.GetAttr} nodes in every graph, each once. */
  public List<String> usedConstants() {
    Map<String, Boolean> used = new LinkedHashMap<>();
    for (Graph graph : graphs().values()) {
      for (Node node : graph.nodes()) {
        if (node instanceof Node.GetAttr attr) {
          used.put(attr.constant(), true);
        }
      }
    }
    return new ArrayList<>(used.keySet());
  }
}
