package org.calibeam.core.annotate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;

/**
 * Finds what only decides about control flow, across graphs: a value that is handed to a branch for
 * a conditional in there, the budget that a loop carries from round to round.
 *
 * <p>Starts from the assumption that every node only decides, and takes it back wherever a value
 * reaches something else, until nothing changes.
 */
public final class DecidingNodes {

  /** Metadata key of such nodes; not written to an archive. */
  static final String KEY = "calibeam.decides";

  private final Map<CodePath, Graph> graphs;
  private final Map<CodePath, Caller> callers = new TreeMap<>();
  private final Map<CodePath, Set<String>> deciding = new TreeMap<>();

  /** Who runs a graph: a call of another one, as its branch {@code index}. */
  private record Caller(CodePath path, Node.Call call, int index) {}

  private DecidingNodes(Program program) {
    graphs = program.graphs();
    graphs.forEach(
        (path, graph) -> {
          Set<String> names = new TreeSet<>();
          graph.nodes().stream().filter(n -> !isConstant(n)).forEach(n -> names.add(n.name()));
          deciding.put(path, names);
          for (Node.Call call : graph.calls()) {
            List<Argument.Sub> subs = call.subgraphs().toList();
            for (int i = 0; i < subs.size(); i++) {
              callers.put(path.child(subs.get(i).name()), new Caller(path, call, i));
            }
          }
        });
  }

  /** The program with a mark on every node that only decides. */
  public static Program mark(Program program) {
    DecidingNodes nodes = new DecidingNodes(program);
    while (nodes.takeBack()) {}
    return program.withMain(nodes.marked(CodePath.MAIN, program.main()));
  }

  /** Whether {@link #mark} has marked {@code node}, or the node that it was made from. */
  public static boolean isMarked(Node node) {
    return node.metadata().containsKey(KEY);
  }

  private static boolean isConstant(Node node) {
    return node instanceof Node.GetAttr;
  }

  private boolean takeBack() {
    boolean changed = false;
    for (Map.Entry<CodePath, Graph> entry : graphs.entrySet()) {
      Set<String> names = decidingIn(entry.getKey());
      changed |= names.removeIf(name -> !decides(entry.getKey(), entry.getValue(), name));
    }
    return changed;
  }

  private Set<String> decidingIn(CodePath path) {
    return deciding.getOrDefault(path, Set.of());
  }

  private boolean decides(CodePath path, Graph graph, String name) {
    List<String> users = graph.users(name);
    if (users.isEmpty() && !graph.isOutput(name)) {
      return !(graph.node(name) instanceof Node.Call call) || call.isTarget(Node.Call.GETITEM);
    }
    for (String user : users) {
      Node.Call call = graph.call(user).orElseThrow();
      boolean fine =
          call.isControlFlow()
              ? isHandedToDecide(path, call, name)
              : decidingIn(path).contains(user);
      if (!fine) {
        return false;
      }
    }
    List<String> outputs = graph.outputNames();
    for (int i = 0; i < outputs.size(); i++) {
      if (outputs.get(i).equals(name) && !isReturnedToDecide(path, i)) {
        return false;
      }
    }
    return true;
  }

  private boolean isHandedToDecide(CodePath path, Node.Call call, String name) {
    List<String> operands = call.operands();
    List<Argument.Sub> subs = call.subgraphs().toList();
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i).equals(name)) {
        // The condition of a loop decides as a whole.
        for (Argument.Sub sub :
            call.isTarget(Node.Call.WHILE_LOOP) ? subs.subList(1, subs.size()) : subs) {
          String inside = sub.graph().placeholders().get(i).name();
          if (!decidingIn(path.child(sub.name())).contains(inside)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private boolean isReturnedToDecide(CodePath path, int index) {
    Caller caller = callers.get(path);
    if (caller == null) {
      return false;
    }
    boolean loop = caller.call().isTarget(Node.Call.WHILE_LOOP);
    if (loop && caller.index() == 0) {
      return true;
    }
    if (loop) {
      Optional<Graph> body = Optional.ofNullable(graphs.get(path));
      if (!decidingIn(path).contains(body.orElseThrow().placeholders().get(index).name())) {
        return false;
      }
    }
    return results(caller, index).stream().allMatch(decidingIn(caller.path())::contains);
  }

  /** Nodes of the caller that are its result number {@code index}. */
  private List<String> results(Caller caller, int index) {
    List<String> results = new ArrayList<>();
    Graph graph = graphs.get(caller.path());
    if (graph != null) {
      for (String user : graph.users(caller.call().name())) {
        Argument which = graph.call(user).flatMap(c -> c.argument(1)).orElse(Argument.NONE);
        if (which.equals(Argument.of(index))) {
          results.add(user);
        }
      }
    }
    return results;
  }

  private Graph marked(CodePath path, Graph graph) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node node : graph.nodes()) {
      Node changed = node;
      if (node instanceof Node.Call call && call.subgraphs().findAny().isPresent()) {
        changed = call.withGraphs(sub -> marked(path.child(sub.name()), sub.graph()));
      }
      if (decidingIn(path).contains(node.name())) {
        Map<String, String> metadata = new LinkedHashMap<>(node.metadata());
        metadata.put(KEY, "true");
        changed = changed.withMetadata(metadata);
      }
      if (changed != node) {
        editor.replace(changed);
      }
    }
    return editor.build();
  }
}
