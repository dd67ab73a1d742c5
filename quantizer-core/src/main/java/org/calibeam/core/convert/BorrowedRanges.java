package org.calibeam.core.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.ObserverId;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Ranges for a code path that no sample reached: its operands lie where the caller saw them, and
 * what the path computes from them lies where interval arithmetic says. Such ranges hold every
 * value the path can compute from calibrated operands, so they are safe but wide.
 */
final class BorrowedRanges {
  private final Program program;
  private final Function<ObserverId, Optional<Interval>> observed;
  private final Map<ObserverId, Interval> borrowed = new TreeMap<>();
  private final Set<ObserverId> unknown = new HashSet<>();

  private BorrowedRanges(Program program, Function<ObserverId, Optional<Interval>> observed) {
    this.program = program;
    this.observed = observed;
  }

  /**
   * Ranges of the observers in the graphs at {@code path} and below; an observer whose range cannot
   * be derived is missing.
   *
   * @param observed range of an observer in a graph that samples reached
   */
  static Map<ObserverId, Interval> of(
      PreparedProgram prepared, CodePath path, Function<ObserverId, Optional<Interval>> observed) {
    BorrowedRanges ranges = new BorrowedRanges(prepared.program(), observed);
    Map<CodePath, Graph> graphs = prepared.program().graphs();
    CodePath callerPath = new CodePath(path.text().substring(0, path.text().lastIndexOf('/')));
    Graph caller = graphs.get(callerPath);
    Graph branch = graphs.get(path);
    if (caller == null || branch == null) {
      throw new IllegalStateException("The program has no code path " + path);
    }
    String name = path.text().substring(path.text().lastIndexOf('/') + 1);
    for (Node.Call call : caller.calls()) {
      if (call.subgraphs().anyMatch(s -> s.name().equals(name)) && call.isTarget(Node.Call.COND)) {
        List<Optional<Interval>> operands = new ArrayList<>();
        for (String operand : operands(call)) {
          operands.add(ranges.atCaller(callerPath, caller, operand));
        }
        ranges.walk(path, branch, operands);
      }
    }
    ranges.unknown.forEach(ranges.borrowed::remove);
    return ranges.borrowed;
  }

  private static List<String> operands(Node.Call cond) {
    return cond.argument(3).map(a -> a.references().toList()).orElse(List.of());
  }

  /** What is known of a tensor of a graph that samples reached. */
  private Optional<Interval> atCaller(CodePath path, Graph caller, String operand) {
    Optional<Node.Call> point =
        caller.call(operand).filter(c -> c.isTarget(PreparedProgram.OBSERVE));
    return point.flatMap(p -> observed.apply(new ObserverId(path, PreparedProgram.observerOf(p))));
  }

  /** Walks one graph; gives the intervals of its results. */
  private List<Optional<Interval>> walk(
      CodePath path, Graph graph, List<Optional<Interval>> inputs) {
    Map<String, Interval> intervals = new HashMap<>();
    Map<String, List<Optional<Interval>>> several = new HashMap<>();
    List<Node.Placeholder> placeholders = graph.placeholders();
    for (int i = 0; i < placeholders.size() && i < inputs.size(); i++) {
      String name = placeholders.get(i).name();
      inputs.get(i).ifPresent(v -> intervals.put(name, v));
    }
    IntervalRules.Known known = new Facts(graph, intervals);
    for (Node node : graph.nodes()) {
      if (node instanceof Node.GetAttr) {
        constantOf(graph, node.name())
            .flatMap(BorrowedRanges::range)
            .ifPresent(v -> intervals.put(node.name(), v));
      } else if (node instanceof Node.Call call) {
        if (call.isTarget(Node.Call.COND)) {
          several.put(call.name(), branches(path, call, intervals));
        } else {
          result(path, call, intervals, several, known)
              .ifPresent(v -> intervals.put(call.name(), v));
        }
      }
    }
    return graph.outputNames().stream().map(n -> Optional.ofNullable(intervals.get(n))).toList();
  }

  private Optional<Interval> result(
      CodePath path,
      Node.Call call,
      Map<String, Interval> intervals,
      Map<String, List<Optional<Interval>>> several,
      IntervalRules.Known known) {
    if (call.isTarget(PreparedProgram.OBSERVE)) {
      Optional<Interval> source = call.ref(0).flatMap(known::interval);
      note(new ObserverId(path, PreparedProgram.observerOf(call)), source);
      return source;
    }
    if (call.isTarget(Node.Call.GETITEM)) {
      List<Optional<Interval>> elements = call.ref(0).map(several::get).orElse(null);
      Argument index = call.argument(1).orElse(Argument.NONE);
      return elements != null && index instanceof Argument.IntValue i && i.value() < elements.size()
          ? elements.get((int) i.value())
          : Optional.empty();
    }
    return IntervalRules.of(call, known);
  }

  private void note(ObserverId id, Optional<Interval> seen) {
    if (seen.isPresent()) {
      borrowed.merge(id, seen.get(), Interval::union);
    } else {
      unknown.add(id);
    }
  }

  private List<Optional<Interval>> branches(
      CodePath path, Node.Call cond, Map<String, Interval> intervals) {
    List<Optional<Interval>> operands =
        operands(cond).stream().map(n -> Optional.ofNullable(intervals.get(n))).toList();
    List<List<Optional<Interval>>> sides =
        cond.subgraphs().map(s -> walk(path.child(s.name()), s.graph(), operands)).toList();
    List<Optional<Interval>> union = new ArrayList<>();
    for (int i = 0; i < sides.get(0).size(); i++) {
      Optional<Interval> one = sides.get(0).get(i);
      Optional<Interval> other = sides.get(1).get(i);
      union.add(one.flatMap(a -> other.map(a::union)));
    }
    return union;
  }

  private Optional<TensorData> constantOf(Graph graph, String name) {
    Node node = graph.node(name);
    if (node instanceof Node.Call call && call.isTarget(PreparedProgram.OBSERVE)) {
      return call.ref(0).flatMap(source -> constantOf(graph, source));
    }
    return node instanceof Node.GetAttr attr ? program.constant(attr).data() : Optional.empty();
  }

  private static Optional<Interval> range(TensorData data) {
    if (!data.dtype().isFloatingPoint() || data.dtype().bytes() < 4 || data.elements() == 0) {
      return Optional.empty();
    }
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (float value : data.toFloats()) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return Double.isFinite(min) && Double.isFinite(max)
        ? Optional.of(new Interval(min, max))
        : Optional.empty();
  }

  private final class Facts implements IntervalRules.Known {
    private final Graph graph;
    private final Map<String, Interval> intervals;

    Facts(Graph graph, Map<String, Interval> intervals) {
      this.graph = graph;
      this.intervals = intervals;
    }

    @Override
    public Optional<Interval> interval(String name) {
      return Optional.ofNullable(intervals.get(name));
    }

    @Override
    public Optional<TensorData> constant(String name) {
      return constantOf(graph, name);
    }

    @Override
    public Optional<TensorSpec> spec(String name) {
      return graph.node(name).spec();
    }
  }
}
