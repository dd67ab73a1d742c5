package org.calibeam.core.annotate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;

/**
 * Finds what control flow depends on, across graphs: everything that a predicate of a cond follows
 * from, and all that a loop carries. Unlike {@link DecidingNodes} it does not ask whether a value
 * is good for something else as well.
 */
public final class DecisionInputs {
  private final Map<CodePath, Graph> graphs;
  private final Map<CodePath, Set<String>> found = new TreeMap<>();
  private final Map<CodePath, CodePath> callers = new TreeMap<>();
  private final Map<CodePath, Node.Call> calls = new TreeMap<>();
  private final Deque<Place> open = new ArrayDeque<>();

  private record Place(CodePath path, String name) {}

  private DecisionInputs(Program program) {
    graphs = program.graphs();
    graphs.forEach(
        (path, graph) -> {
          found.put(path, new HashSet<>());
          for (Node.Call call : graph.calls()) {
            call.subgraphs()
                .forEach(
                    sub -> {
                      callers.put(path.child(sub.name()), path);
                      calls.put(path.child(sub.name()), call);
                    });
          }
        });
  }

  /** The names of such nodes in each graph of {@code program}. */
  public static Map<CodePath, Set<String>> of(Program program) {
    DecisionInputs inputs = new DecisionInputs(program);
    inputs.graphs.forEach(inputs::start);
    inputs.close();
    return inputs.found;
  }

  private void start(CodePath path, Graph graph) {
    for (Node.Call call : graph.calls()) {
      if (call.isTarget(Node.Call.COND)) {
        call.ref(0).ifPresent(predicate -> add(path, predicate));
      } else if (call.isTarget(Node.Call.WHILE_LOOP)) {
        add(path, call.name());
      }
    }
  }

  private void add(CodePath path, String name) {
    Set<String> names = found.get(path);
    if (names != null && names.add(name)) {
      open.add(new Place(path, name));
    }
  }

  private void close() {
    while (!open.isEmpty()) {
      Place place = open.remove();
      Graph graph = graphs.get(place.path());
      if (graph == null) {
        continue;
      }
      Node node = graph.node(place.name());
      node.references().forEach(name -> add(place.path(), name));
      if (node instanceof Node.Call call) {
        call.subgraphs().forEach(sub -> addResults(place.path().child(sub.name()), sub));
      } else if (node instanceof Node.Placeholder) {
        addOperand(place, graph);
      }
    }
  }

  private void addResults(CodePath path, Argument.Sub sub) {
    sub.graph().outputNames().forEach(name -> add(path, name));
  }

  private void addOperand(Place place, Graph graph) {
    CodePath caller = callers.get(place.path());
    Node.Call call = calls.get(place.path());
    if (caller == null || call == null) {
      return;
    }
    List<Node.Placeholder> placeholders = graph.placeholders();
    List<String> operands = call.operands();
    for (int i = 0; i < Math.min(placeholders.size(), operands.size()); i++) {
      if (placeholders.get(i).name().equals(place.name())) {
        add(caller, operands.get(i));
      }
    }
  }
}
