package org.calibeam.core.interp;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.tensor.Storage;

/**
 * Finds the constants that a program changes in place, as an exported batch norm in training mode
 * does with its running mean: directly, through a view, or in a branch that got them as operands.
 */
final class Mutations {
  /** Batch and instance norm change these in training mode, and their schemas do not say so. */
  private static final Set<String> RUNNING = Set.of("running_mean", "running_var");

  private static final Set<String> TRAINING = Set.of("training", "train", "use_input_stats");

  private final Operators operators;
  private final Set<String> changed = new HashSet<>();

  private Mutations(Operators operators) {
    this.operators = operators;
  }

  /**
   * Names of the constants changed, and of all that share memory with one of them; also {@link
   * FoldedConstants#id}s of what would be changed if it were computed once.
   */
  static Set<String> of(Program program, Operators operators) {
    Mutations mutations = new Mutations(operators);
    mutations.visit(program.main(), CodePath.MAIN, Map.of());
    Set<Storage> storages = Collections.newSetFromMap(new IdentityHashMap<>());
    for (String name : mutations.changed) {
      storage(program, name).ifPresent(storages::add);
    }
    Set<String> all = new HashSet<>(mutations.changed);
    for (String name : program.constants().keySet()) {
      if (storage(program, name).filter(storages::contains).isPresent()) {
        all.add(name);
      }
    }
    return all;
  }

  private static Optional<Storage> storage(Program program, String constant) {
    return Optional.ofNullable(program.constants().get(constant))
        .flatMap(c -> c.data())
        .map(d -> d.storage());
  }

  /**
   * Follows constants through {@code graph}.
   *
   * @param given the constants that placeholders may be
   * @return the constants that the results may be
   */
  private Set<String> visit(Graph graph, CodePath path, Map<String, Set<String>> given) {
    Map<String, Set<String>> origins = new HashMap<>();
    for (Node node : graph.nodes()) {
      Set<String> origin = Set.of();
      if (node instanceof Node.Placeholder) {
        origin = given.getOrDefault(node.name(), Set.of());
      } else if (node instanceof Node.GetAttr attr) {
        origin = Set.of(attr.constant());
      } else if (node instanceof Node.Call call) {
        origin =
            FoldedConstants.isCandidate(call)
                ? Set.of(FoldedConstants.id(path, call.name()))
                : visit(call, path, origins);
      }
      origins.put(node.name(), origin);
    }
    return union(graph.outputNames(), origins);
  }

  private Set<String> visit(Node.Call call, CodePath path, Map<String, Set<String>> origins) {
    if (ControlFlow.is(call)) {
      return visitGraphs(call, path, origins);
    }
    Optional<Operator> operator = operators.find(call.target());
    if (call.isTarget(PreparedProgram.OBSERVE)
        || call.isTarget(Node.Call.GETITEM)
        // Dropout returns its argument when it does nothing, without saying so.
        || call.target().contains("dropout")) {
      return union(call.references().toList(), origins);
    }
    Set<String> result = new HashSet<>();
    operator.ifPresent(
        op -> {
          List<NamedArgument> arguments = call.arguments();
          for (int i = 0; i < arguments.size(); i++) {
            Operator.Parameter parameter = CallBuilder.parameter(op, arguments.get(i), i);
            if (parameter == null) {
              continue;
            }
            Set<String> from = union(arguments.get(i).value().references().toList(), origins);
            if (parameter.aliases()) {
              result.addAll(from);
            }
            if (parameter.written() || RUNNING.contains(parameter.name()) && trains(call, op)) {
              changed.addAll(from);
            }
          }
        });
    return result;
  }

  /** Whether a normalization is not known to leave its running statistics alone. */
  private static boolean trains(Node.Call call, Operator operator) {
    List<NamedArgument> arguments = call.arguments();
    for (int i = 0; i < arguments.size(); i++) {
      Operator.Parameter parameter = CallBuilder.parameter(operator, arguments.get(i), i);
      if (parameter != null
          && TRAINING.contains(parameter.name())
          && arguments.get(i).value().equals(Argument.of(false))) {
        return false;
      }
    }
    return true;
  }

  /** Operands may reach any placeholder after some iterations of a loop; so they do here. */
  private Set<String> visitGraphs(Node.Call call, CodePath path, Map<String, Set<String>> origins) {
    List<Argument> operands = ControlFlow.operands(call);
    Set<String> all = union(call.references().toList(), origins);
    Set<String> results = new HashSet<>();
    call.subgraphs()
        .forEach(
            sub -> {
              Map<String, Set<String>> given = new HashMap<>();
              List<Node.Placeholder> placeholders = sub.graph().placeholders();
              for (int i = 0; i < placeholders.size(); i++) {
                boolean fixed = !call.isTarget(Node.Call.WHILE_LOOP) && i < operands.size();
                given.put(
                    placeholders.get(i).name(),
                    fixed ? union(operands.get(i).references().toList(), origins) : all);
              }
              results.addAll(visit(sub.graph(), path.child(sub.name()), given));
            });
    return results;
  }

  private static Set<String> union(List<String> names, Map<String, Set<String>> origins) {
    Set<String> all = new HashSet<>();
    names.forEach(n -> all.addAll(origins.getOrDefault(n, Set.of())));
    return all;
  }
}
