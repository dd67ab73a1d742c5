package org.calibeam.core.split;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.split.Plan.Scope;
import org.calibeam.core.split.Plan.Step;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.transform.ConstantEvaluator;
import org.calibeam.core.transform.ResolveBranchConstants;

/**
 * Cuts a quantized program at its control flow.
 *
 * <p>Within a graph, what can run before the first conditional is one piece, what needs the results
 * of the first conditionals another, and so on; each branch is cut likewise. A piece that reads a
 * dequantized tensor of another quantizes it again with the same qparams, which gives the same
 * integers: {@code quantize(dequantize(q)) = q}. So the pieces compute bit for bit what the whole
 * program computes.
 *
 * <p>What no input decides, such as the result of a branch without operands, would be a program
 * without inputs, which nothing can delegate: it is computed here and kept as a constant.
 */
public final class PathSplitter {
  private final Program program;
  private final ConstantEvaluator evaluator;
  private final Map<String, Program> pieces = new TreeMap<>();
  private final Map<String, TensorData> constants = new TreeMap<>();

  /** Conditions of loops: only the host reads what they return. */
  private final Set<CodePath> conditions = new HashSet<>();

  private PathSplitter(Program program, ConstantEvaluator evaluator) {
    this.program = program;
    this.evaluator = evaluator;
  }

  /**
   * The pieces of {@code program} and how they work together.
   *
   * @param evaluator computes what no input decides
   * @throws ModelException if values pass through control flow that are no tensors
   */
  public static Plan split(Program program, ConstantEvaluator evaluator) {
    Program resolved = ResolveBranchConstants.apply(program);
    PathSplitter splitter =
        new PathSplitter(
            resolved.withMain(SinkRequantize.apply(WithoutCopies.apply(resolved.main()))),
            evaluator);
    Scope main = splitter.scope(CodePath.MAIN, splitter.program.main());
    return new Plan(main, splitter.pieces, splitter.constants);
  }

  private Scope scope(CodePath path, Graph graph) {
    Map<String, Integer> levels = levels(graph);
    int last = levels.values().stream().mapToInt(i -> i).max().orElse(0);
    List<Step> steps = new ArrayList<>();
    constants(path, graph).ifPresent(steps::add);
    for (int level = 0; level <= last; level++) {
      piece(path, graph, levels, level).ifPresent(steps::add);
      for (Node.Call call : graph.calls()) {
        if (isControlFlow(call) && levelOf(levels, call.name()) == level) {
          steps.add(controlFlow(path, graph, call));
        }
      }
    }
    return new Scope(
        graph.placeholders().stream().map(Node.Placeholder::name).toList(),
        steps,
        outputs(path, graph));
  }

  private static List<String> outputs(CodePath path, Graph graph) {
    List<String> names = new ArrayList<>();
    for (Argument output : graph.outputs()) {
      if (!(output instanceof Argument.Ref ref)) {
        throw new ModelException(
            "Cannot split the program: an output of %s is no tensor. Return tensors only."
                .formatted(path));
      }
      names.add(ref.node());
    }
    return names;
  }

  static boolean isControlFlow(Node node) {
    return node instanceof Node.Call call
        && (call.isTarget(Node.Call.COND) || call.isTarget(Node.Call.WHILE_LOOP));
  }

  /** Names of what no input decides; each piece that reads it has its own. */
  static Set<String> constantNodes(Graph graph) {
    Set<String> constant = new HashSet<>();
    for (Node node : graph.nodes()) {
      boolean derived =
          node instanceof Node.Call call
              && !isControlFlow(call)
              && !Operators.isRandom(call.target())
              && call.references().allMatch(constant::contains);
      if (node instanceof Node.GetAttr || derived) {
        constant.add(node.name());
      }
    }
    return constant;
  }

  /** How many conditionals in a row come before each node; constants are everywhere. */
  private static Map<String, Integer> levels(Graph graph) {
    Map<String, Integer> levels = new HashMap<>();
    for (Node node : graph.nodes()) {
      int level = 0;
      for (String name : node.references().toList()) {
        level = Math.max(level, levelOf(levels, name) + (isControlFlow(graph.node(name)) ? 1 : 0));
      }
      levels.put(node.name(), level);
    }
    return levels;
  }

  private static int levelOf(Map<String, Integer> levels, String name) {
    return levels.getOrDefault(name, 0);
  }

  private static boolean isResultOfControlFlow(Graph graph, Node node) {
    return node instanceof Node.Call call
        && call.isTarget(Node.Call.GETITEM)
        && call.ref(0).map(graph::node).filter(PathSplitter::isControlFlow).isPresent();
  }

  /** The piece of one level; empty if nothing is computed there. */
  private Optional<Step> piece(CodePath path, Graph graph, Map<String, Integer> levels, int level) {
    Set<String> fixed = constantNodes(graph);
    Set<String> inside = new LinkedHashSet<>();
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Call
          && !fixed.contains(node.name())
          && !isControlFlow(node)
          && !isResultOfControlFlow(graph, node)
          && levelOf(levels, node.name()) == level) {
        inside.add(node.name());
      }
    }
    List<String> results = inside.stream().filter(n -> isRead(graph, inside, n)).toList();
    if (results.isEmpty()) {
      return Optional.empty();
    }
    Optional<Step> requantize = Requantize.step(graph, inside, results);
    if (requantize.isPresent()) {
      return requantize;
    }
    boolean shapesMatter = results.stream().anyMatch(graph::isOutput) && !conditions.contains(path);
    Piece piece = Piece.of(program, graph, inside, results, shapesMatter);
    String name = path.text().replace('/', '.') + "." + level;
    pieces.put(name, piece.program());
    return Optional.of(new Step.Run(name, piece.inputs(), results));
  }

  /** Loads what leaves the graph though no input decides it; empty if there is nothing. */
  private Optional<Step> constants(CodePath path, Graph graph) {
    Set<String> fixed = constantNodes(graph);
    List<String> names =
        graph.nodes().stream()
            .map(Node::name)
            .filter(name -> fixed.contains(name) && isPassedOn(graph, name))
            .toList();
    if (names.isEmpty()) {
      return Optional.empty();
    }
    FixedValues values = new FixedValues(program, graph, evaluator);
    List<String> loaded = new ArrayList<>();
    for (String name : names) {
      String constant = path.text().replace('/', '.') + "." + name;
      constants.put(constant, values.of(name));
      loaded.add(constant);
    }
    return Optional.of(new Step.Load(loaded, names));
  }

  /** Whether {@code name} leaves its graph, as a result or into a branch. */
  private static boolean isPassedOn(Graph graph, String name) {
    return graph.isOutput(name)
        || graph.users(name).stream().map(graph::node).anyMatch(PathSplitter::isControlFlow);
  }

  /** Whether something outside the piece reads {@code name}. */
  private static boolean isRead(Graph graph, Set<String> inside, String name) {
    return graph.isOutput(name)
        || graph.users(name).stream().anyMatch(user -> !inside.contains(user));
  }

  private Step controlFlow(CodePath path, Graph graph, Node.Call call) {
    List<String> outputs = results(graph, call);
    List<Argument.Sub> subs = call.subgraphs().toList();
    if (call.isTarget(Node.Call.WHILE_LOOP)) {
      conditions.add(path.child(subs.get(0).name()));
    }
    List<Scope> scopes = subs.stream().map(s -> scope(path.child(s.name()), s.graph())).toList();
    if (call.isTarget(Node.Call.COND)) {
      return new Step.Branch(
          call.ref(0)
              .orElseThrow(
                  () ->
                      new ModelException(
                          "Cannot split the program: the predicate of %s in %s is no tensor. Export it with a tensor predicate."
                              .formatted(call.name(), path))),
          scopes.get(0),
          scopes.get(1),
          operands(call, 3),
          outputs);
    }
    return new Step.Loop(
        scopes.get(0), scopes.get(1), operands(call, 2), operands(call, 3), outputs);
  }

  static List<String> operands(Node.Call call, int index) {
    return call.argument(index).map(a -> a.references().toList()).orElse(List.of());
  }

  /** Names of the results by position; a result that nothing reads gets a name of its own. */
  private static List<String> results(Graph graph, Node.Call call) {
    Map<Integer, String> names = new LinkedHashMap<>();
    for (Node.Call getitem : graph.calls()) {
      if (getitem.isTarget(Node.Call.GETITEM)
          && getitem.ref(0).filter(call.name()::equals).isPresent()
          && getitem.argument(1).orElse(Argument.NONE) instanceof Argument.IntValue index) {
        names.putIfAbsent((int) index.value(), getitem.name());
      }
    }
    int count =
        call.subgraphs()
            .toList()
            .get(call.isTarget(Node.Call.COND) ? 0 : 1)
            .graph()
            .outputs()
            .size();
    List<String> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(names.getOrDefault(i, call.name() + "." + i));
    }
    return all;
  }
}
