package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.IValueVector;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.QuantizedDecomposed;

/**
 * Quantizes and dequantizes constants once and not per sample: the weights of a quantized program
 * are stored as integers and read as floats. The results are shared by all runners.
 */
final class FoldedConstants {
  private final NativeMemory memory;
  private final Set<String> changed;
  private final Map<String, Home> homes = new HashMap<>();

  /**
   * @param memory keeps the results
   * @param changed ids of the results that are changed in place
   */
  FoldedConstants(NativeMemory memory, Set<String> changed) {
    this.memory = memory;
    this.changed = changed;
  }

  /** Whether {@code call} may be computed once if its arguments are constants. */
  static boolean isCandidate(Node.Call call) {
    return QuantizedDecomposed.isQuantize(call) || QuantizedDecomposed.isDequantize(call);
  }

  /** What names the result of the node called {@code name} among the constants. */
  static String id(CodePath path, String name) {
    return path + ":" + name;
  }

  /**
   * {@code graph} with constants instead of calls on constants; their homes are added to those of
   * {@code workshop}.
   *
   * @param bound placeholders whose value is a constant of the caller
   */
  Graph fold(Workshop workshop, CodePath path, Graph graph, Map<String, Home> bound) {
    Map<String, Node.Call> folded = new LinkedHashMap<>();
    Map<String, Home.Shared> given = new HashMap<>();
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Placeholder && bound.get(node.name()) instanceof Home.Shared home) {
        given.put(node.name(), home);
      } else if (node instanceof Node.GetAttr attr
          && workshop.constants().get(attr.constant()) instanceof Home.Shared home) {
        given.put(node.name(), home);
      } else if (node instanceof Node.Call call
          && isCandidate(call)
          && !changed.contains(id(path, call.name()))
          && call.references().allMatch(r -> given.containsKey(r) || folded.containsKey(r))) {
        folded.put(call.name(), call);
      }
    }
    if (folded.isEmpty()) {
      return graph;
    }
    List<String> read = readOutside(graph, folded.keySet());
    if (!read.stream().allMatch(name -> homes.containsKey(id(path, name)))) {
      compute(workshop, path, inputs(graph, given.keySet(), folded), folded, given, read);
    }
    List<Node> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (read.contains(node.name())) {
        String id = id(path, node.name());
        workshop.constants().put(id, home(id));
        nodes.add(new Node.GetAttr(node.name(), id, node.value(), node.metadata()));
      } else if (!folded.containsKey(node.name())) {
        nodes.add(node);
      }
    }
    return new Graph(nodes, graph.outputs(), graph.singleTensorReturn());
  }

  private Home home(String id) {
    Home home = homes.get(id);
    if (home == null) {
      throw new IllegalStateException("Nothing was folded as " + id);
    }
    return home;
  }

  private static List<String> readOutside(Graph graph, Set<String> folded) {
    Set<String> read = new HashSet<>(graph.outputNames());
    for (Node node : graph.nodes()) {
      if (!folded.contains(node.name())) {
        node.references().forEach(read::add);
      }
    }
    return folded.stream().filter(read::contains).toList();
  }

  /** The constants as the inputs of a graph of their own. */
  private static List<Node> inputs(Graph graph, Set<String> given, Map<String, Node.Call> folded) {
    Set<String> used = new HashSet<>();
    folded.values().forEach(call -> call.references().forEach(used::add));
    List<Node> inputs = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (given.contains(node.name()) && used.contains(node.name())) {
        inputs.add(new Node.Placeholder(node.name(), node.value(), Map.of()));
      }
    }
    return inputs;
  }

  private void compute(
      Workshop workshop,
      CodePath path,
      List<Node> inputs,
      Map<String, Node.Call> folded,
      Map<String, Home.Shared> given,
      List<String> results) {
    List<Node> nodes = new ArrayList<>(inputs);
    nodes.addAll(folded.values());
    Graph graph =
        new Graph(nodes, results.stream().map(r -> (Argument) Argument.ref(r)).toList(), false);
    try (NativeMemory temporary = new NativeMemory()) {
      Frame frame =
          FrameBuilder.buildAsIs(workshop.withMemory(temporary), path, graph, Map.copyOf(given));
      frame.run();
      IValueVector values = memory.keep(new IValueVector(results.size()));
      for (int i = 0; i < results.size(); i++) {
        Slot slot = new Slot(values, i);
        frame.outputs().get(i).into(Place.of(slot), workshop.scratch());
        homes.put(id(path, results.get(i)), new Home.Shared(slot.pointer()));
      }
      workshop.scratch().clearStack();
    }
  }
}
