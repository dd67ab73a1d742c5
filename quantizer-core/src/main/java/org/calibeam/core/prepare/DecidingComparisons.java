package org.calibeam.core.prepare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;
import org.calibeam.core.observe.Histogram;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Finds the comparisons behind predicates and conditions of loops, and has them observed: how near
 * to their threshold samples come says whether rounding would send them another way.
 *
 * <p>From a predicate back through whatever computes booleans from booleans, into the caller's
 * graph where the boolean is an operand, and around a loop where it is carried. A predicate that is
 * the result of a conditional, or that no comparison of floating-point values decides, has none.
 */
public final class DecidingComparisons {
  private static final Set<String> COMPARISONS =
      Set.of(
          "aten.gt.Tensor",
          "aten.ge.Tensor",
          "aten.lt.Tensor",
          "aten.le.Tensor",
          "aten.eq.Tensor",
          "aten.ne.Tensor");

  private final Map<CodePath, Graph> graphs;
  private final Map<CodePath, Caller> callers = new HashMap<>();

  private record Caller(CodePath path, Node.Call call) {}

  private record Place(CodePath path, String node) {}

  private DecidingComparisons(Program program) {
    graphs = program.graphs();
    graphs.forEach(
        (path, graph) -> {
          for (Node.Call call : graph.calls()) {
            call.subgraphs()
                .forEach(sub -> callers.put(path.child(sub.name()), new Caller(path, call)));
          }
        });
  }

  /**
   * The comparisons that decide about {@code call}, a cond or while_loop in the graph {@code path}.
   */
  public static List<DecidingComparison> of(Program program, CodePath path, Node.Call call) {
    return new DecidingComparisons(program).behind(path, call);
  }

  /** The observers of all comparisons of {@code program} with their numbers of bins. */
  public static Map<ObserverId, Integer> observers(Program program) {
    Map<ObserverId, Integer> observers = new TreeMap<>();
    for (DecidingComparison comparison : all(program)) {
      observers.put(comparison.difference(), DecidingComparison.DIFFERENCE_BINS);
      observers.put(comparison.compared(), Histogram.DEFAULT_BINS);
    }
    return observers;
  }

  /** {@code program} with a {@link PreparedProgram#OBSERVE} for each of {@link #observers}. */
  public static Program observed(Program program) {
    Map<CodePath, Set<String>> places = new HashMap<>();
    for (DecidingComparison comparison : all(program)) {
      places
          .computeIfAbsent(comparison.path(), path -> new LinkedHashSet<>())
          .add(comparison.node());
    }
    return places.isEmpty()
        ? program
        : program.withMain(observed(CodePath.MAIN, program.main(), places));
  }

  private static Set<DecidingComparison> all(Program program) {
    DecidingComparisons search = new DecidingComparisons(program);
    Set<DecidingComparison> all = new LinkedHashSet<>();
    search.graphs.forEach(
        (path, graph) -> {
          for (Node.Call call : graph.calls()) {
            if (call.isControlFlow()) {
              all.addAll(search.behind(path, call));
            }
          }
        });
    return all;
  }

  private List<DecidingComparison> behind(CodePath path, Node.Call call) {
    Map<Place, DecidingComparison> found = new LinkedHashMap<>();
    Set<Place> seen = new LinkedHashSet<>();
    if (call.isTarget(Node.Call.WHILE_LOOP)) {
      Argument.Sub condition = call.subgraphs().findFirst().orElseThrow();
      condition.graph().outputs().stream()
          .flatMap(Argument::references)
          .forEach(name -> search(new Place(path.child(condition.name()), name), seen, found));
    } else {
      call.ref(0).ifPresent(name -> search(new Place(path, name), seen, found));
    }
    return List.copyOf(found.values());
  }

  private void search(Place place, Set<Place> seen, Map<Place, DecidingComparison> found) {
    Graph graph = graphs.get(place.path());
    if (graph == null || !seen.add(place)) {
      return;
    }
    Node node = graph.node(place.node());
    if (node instanceof Node.Placeholder) {
      sources(place, graph).forEach(source -> search(source, seen, found));
    } else if (node instanceof Node.Call call && isComparison(graph, call)) {
      found.put(place, new DecidingComparison(place.path(), call.name(), call.target()));
    } else if (node instanceof Node.Call call && !call.isControlFlow()) {
      call.references()
          .filter(name -> isBoolean(graph.node(name)))
          .forEach(name -> search(new Place(place.path(), name), seen, found));
    }
  }

  /** What a placeholder stands for: the caller's operand and, in a loop, what the body returns. */
  private List<Place> sources(Place placeholder, Graph graph) {
    Caller caller = callers.get(placeholder.path());
    if (caller == null) {
      return List.of();
    }
    int index =
        graph.placeholders().stream()
            .map(Node.Placeholder::name)
            .toList()
            .indexOf(placeholder.node());
    List<Place> sources = new ArrayList<>();
    List<String> operands = caller.call().operands();
    if (index < operands.size()) {
      sources.add(new Place(caller.path(), operands.get(index)));
    }
    if (caller.call().isTarget(Node.Call.WHILE_LOOP)) {
      Argument.Sub body = caller.call().subgraphs().toList().get(1);
      if (index < body.graph().outputs().size()) {
        body.graph()
            .outputs()
            .get(index)
            .references()
            .forEach(name -> sources.add(new Place(caller.path().child(body.name()), name)));
      }
    }
    return sources;
  }

  private static boolean isBoolean(Node node) {
    return node.spec().filter(spec -> spec.dtype() == DType.BOOL).isPresent();
  }

  private static boolean isComparison(Graph graph, Node.Call call) {
    return COMPARISONS.contains(call.target())
        && isFloating(graph, call, 0)
        && isFloating(graph, call, 1);
  }

  private static boolean isFloating(Graph graph, Node.Call call, int index) {
    return call.ref(index)
        .flatMap(name -> graph.node(name).spec())
        .filter(spec -> spec.dtype().isFloatingPoint())
        .isPresent();
  }

  private static Graph observed(CodePath path, Graph graph, Map<CodePath, Set<String>> places) {
    GraphEditor editor = new GraphEditor(graph);
    for (Node.Call call : graph.calls()) {
      if (call.subgraphs().findAny().isPresent()) {
        editor.replace(
            call.withGraphs(sub -> observed(path.child(sub.name()), sub.graph(), places)));
      }
    }
    for (String name : places.getOrDefault(path, Set.of())) {
      observe(editor, path, graph.call(name).orElseThrow(), graph);
    }
    return editor.build();
  }

  private static void observe(GraphEditor editor, CodePath path, Node.Call call, Graph graph) {
    DecidingComparison comparison = new DecidingComparison(path, call.name(), call.target());
    for (int side = 0; side < 2; side++) {
      insert(editor, call, graph.node(call.ref(side).orElseThrow()), comparison.compared());
    }
    DType dtype = graph.node(call.ref(0).orElseThrow()).spec().orElseThrow().dtype();
    TensorSpec result = call.spec().orElseThrow().withDType(dtype);
    Node.Call difference =
        new Node.Call(
            editor.freshName(call.name() + "_difference"),
            "aten.sub.Tensor",
            List.of(
                NamedArgument.positional("self", call.argument(0).orElseThrow()),
                NamedArgument.positional("other", call.argument(1).orElseThrow())),
            new Value.Tensor(result),
            Map.of());
    editor.insertBefore(call.name(), difference);
    insert(editor, call, difference, comparison.difference());
  }

  private static void insert(
      GraphEditor editor, Node.Call before, Node source, ObserverId observer) {
    editor.insertBefore(
        before.name(),
        PreparedProgram.observe(
            editor.freshName(before.name() + "_seen"), source, observer.name()));
  }
}
