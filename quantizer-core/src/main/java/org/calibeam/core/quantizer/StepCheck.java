package org.calibeam.core.quantizer;

import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.calibeam.core.annotate.BranchModules;
import org.calibeam.core.annotate.ModuleStack;
import org.calibeam.core.annotate.NodeFinder;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.prepare.PreparedProgram;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.core.transform.ResolveBranchConstants;

/** Refuses steps that name what a program does not have: a typing error would go unseen. */
final class StepCheck {
  private static final int SUGGESTIONS = 12;

  private StepCheck() {}

  static void requireFound(NodeFinder finder, Program program) {
    if (finder instanceof NodeFinder.ModuleName module) {
      Set<String> known = new TreeSet<>();
      stacks(program).forEach(s -> s.modules().forEach(m -> known.add(m.path())));
      for (String constant : program.constants().keySet()) {
        for (int dot = constant.lastIndexOf('.');
            dot > 0;
            dot = constant.lastIndexOf('.', dot - 1)) {
          known.add(constant.substring(0, dot));
        }
      }
      require(known, module.path(), "module");
    } else if (finder instanceof NodeFinder.ModuleType type) {
      Set<String> known = new TreeSet<>();
      stacks(program).forEach(s -> s.modules().forEach(m -> known.add(m.type())));
      if (Stream.concat(stacks(program), branchStacks(program))
          .noneMatch(s -> s.hasType(type.type()))) {
        require(known, type.type(), "module of type");
      }
    } else if (finder instanceof NodeFinder.InCodePath path) {
      Set<String> known = new TreeSet<>();
      program.graphs().keySet().stream().map(CodePath::text).forEach(known::add);
      require(known, path.path().text(), "code path");
    }
  }

  /**
   * Checks names of nodes, which may be those before or after the rewrites, and of operators, which
   * need not occur.
   */
  static void requireFound(NodeFinder finder, Program before, Program after) {
    if (finder instanceof NodeFinder.NodeName node) {
      Set<String> known = new TreeSet<>(names(before));
      Set<String> rewritten = names(after);
      node.names().stream()
          .filter(name -> !rewritten.contains(name))
          .forEach(name -> require(known, name, "node"));
    } else if (finder instanceof NodeFinder.NodeTarget operator) {
      Set<String> known = new TreeSet<>();
      Stream.of(before, after)
          .flatMap(p -> p.graphs().values().stream())
          .flatMap(g -> g.calls().stream())
          .forEach(c -> known.add(c.target()));
      known.remove(PreparedProgram.OBSERVE);
      operator.targets().stream()
          .filter(target -> Operators.find(target).isEmpty())
          .forEach(target -> require(known, target, "operator"));
    }
  }

  private static Set<String> names(Program program) {
    Set<String> names = new HashSet<>();
    program.graphs().values().stream()
        .flatMap(g -> g.nodes().stream())
        .filter(n -> !(n instanceof Node.Call c && c.isTarget(PreparedProgram.OBSERVE)))
        .forEach(n -> names.add(n.name()));
    return names;
  }

  private static Stream<ModuleStack> stacks(Program program) {
    return program.graphs().values().stream()
        .map(Graph::nodes)
        .flatMap(nodes -> nodes.stream().filter(Node.Call.class::isInstance))
        .map(ModuleStack::of);
  }

  /** Modules of the nodes in branches, as their weights tell them. */
  private static Stream<ModuleStack> branchStacks(Program program) {
    return ResolveBranchConstants.apply(program).graphs().entrySet().stream()
        .filter(e -> !e.getKey().isMain())
        .flatMap(e -> BranchModules.derive(e.getValue()).calls().stream())
        .map(ModuleStack::of);
  }

  private static void require(Set<String> known, String wanted, String what) {
    if (known.contains(wanted)) {
      return;
    }
    known.remove("");
    String names =
        String.join(", ", known.stream().limit(SUGGESTIONS).toList())
            + (known.size() > SUGGESTIONS ? ", …" : "");
    throw new ConfigurationException(
        "Cannot use the configuration: the model has no %s '%s'. It has: %s."
            .formatted(what, wanted, names.isEmpty() ? "none" : names));
  }
}
