package org.calibeam.pipeline.analyze;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.calibeam.core.annotate.BranchModules;
import org.calibeam.core.annotate.ModuleStack;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Program;
import org.calibeam.core.ops.MultiplyAccumulates;

/**
 * A part of a model that is decided on as a whole: what a module computes itself, without the
 * modules within it.
 *
 * @param module its path, empty for the model itself
 * @param macs multiply-accumulates of one sample
 * @param nodes names of its calls in the float graph
 */
record Unit(String module, long macs, List<String> nodes) {
  Unit {
    nodes = List.copyOf(nodes);
  }

  /** The units of a program, a module before those within it. */
  static List<Unit> of(Program program) {
    TreeMap<String, Unit> units = new TreeMap<>();
    program
        .graphs()
        .forEach(
            (path, graph) -> {
              Graph with = path.isMain() ? graph : BranchModules.derive(graph);
              for (Node.Call call : with.calls()) {
                if (!call.isControlFlow() && !call.isTarget(Node.Call.GETITEM)) {
                  String module = module(call);
                  Unit one =
                      new Unit(module, MultiplyAccumulates.of(call, with), List.of(call.name()));
                  units.merge(module, one, Unit::plus);
                }
              }
            });
    return List.copyOf(units.values());
  }

  private static String module(Node.Call call) {
    List<ModuleStack.Module> modules = ModuleStack.of(call).modules();
    return modules.isEmpty() ? "" : modules.get(modules.size() - 1).path();
  }

  private static Unit plus(Unit a, Unit b) {
    List<String> nodes = new ArrayList<>(a.nodes);
    nodes.addAll(b.nodes);
    return new Unit(a.module, Math.addExact(a.macs, b.macs), nodes);
  }

  /** Whether this is a module within {@code other}. */
  boolean isWithin(Unit other) {
    return other.module.isEmpty() ? !module.isEmpty() : module.startsWith(other.module + ".");
  }

  /** The multiply-accumulates of all units. */
  static long macs(Iterable<Unit> units) {
    long sum = 0;
    for (Unit unit : units) {
      sum += unit.macs;
    }
    return sum;
  }
}
