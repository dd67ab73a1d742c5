package org.calibeam.core.interp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.prepare.PreparedProgram;

/**
 * Gives every node of a graph a home. Observation points and parts of tuples have that of what they
 * show, so that they cost nothing.
 */
final class Homes {
  private final Map<String, Home> homes = new HashMap<>();
  private final Map<String, Map<Integer, Home>> parts = new HashMap<>();
  private final Map<String, List<Home>> states = new HashMap<>();
  private final boolean replacing;
  private int slots;
  private int numbers;

  /**
   * @param bound placeholders whose value is a constant of the caller
   */
  Homes(Graph graph, Workshop workshop, Map<String, Home> bound) {
    replacing = workshop.replacing();
    for (Node node : graph.nodes()) {
      if (node instanceof Node.Placeholder placeholder) {
        Home home = bound.get(placeholder.name());
        homes.put(node.name(), home != null ? home : forValue(placeholder.value()));
      } else if (node instanceof Node.GetAttr attr) {
        homes.put(node.name(), constant(attr, workshop));
      } else if (node instanceof Node.Call call) {
        homes.put(node.name(), forCall(call, graph));
      }
    }
  }

  private static Home constant(Node.GetAttr attr, Workshop workshop) {
    Home home = workshop.constants().get(attr.constant());
    if (home == null) {
      throw new IllegalStateException("No home for the constant " + attr.constant());
    }
    return home;
  }

  Home of(String node) {
    Home home = homes.get(node);
    if (home == null) {
      throw new IllegalStateException("No home for " + node);
    }
    return home;
  }

  /** Where the results of {@code call} go, by their position. */
  Map<Integer, Home> results(Node.Call call) {
    Home home = of(call.name());
    return home instanceof Home.Parts ? parts.getOrDefault(call.name(), Map.of()) : Map.of(0, home);
  }

  /** Homes for the values that a loop carries between its iterations. */
  List<Home> state(Node.Call loop) {
    return states.getOrDefault(loop.name(), List.of());
  }

  int slots() {
    return slots;
  }

  int numbers() {
    return numbers;
  }

  private Home forValue(Value value) {
    if (value instanceof Value.Symbol) {
      return new Home.InNumber(numbers++);
    }
    return value instanceof Value.Literal literal
        ? new Home.Fixed(literal.value())
        : new Home.InSlot(slots++);
  }

  private Home forCall(Node.Call call, Graph graph) {
    switch (call.target()) {
      case PreparedProgram.OBSERVE -> {
        return replacing ? forValue(call.value()) : of(call.ref(0).orElseThrow());
      }
      case Node.Call.GETITEM -> {
        return forPart(call, graph);
      }
      case Node.Call.WHILE_LOOP -> {
        List<Home> state = new ArrayList<>();
        for (Argument operand : ControlFlow.operands(call)) {
          state.add(isNumber(operand) ? new Home.InNumber(numbers++) : new Home.InSlot(slots++));
        }
        states.put(call.name(), state);
      }
      default -> {}
    }
    return call.value() instanceof Value.Several || call.value() instanceof Value.Nothing
        ? new Home.Parts()
        : forValue(call.value());
  }

  boolean isNumber(Argument operand) {
    return operand instanceof Argument.Ref ref
        ? of(ref.node()) instanceof Home.InNumber
        : operand instanceof Argument.SymRef || !(operand instanceof Argument.None);
  }

  private Home forPart(Node.Call getitem, Graph graph) {
    String source = getitem.ref(0).orElseThrow();
    int index = index(getitem);
    if (graph.node(source) instanceof Node.Call call && call.isTarget(DecomposedOperators.TUPLE)) {
      return of(call.ref(index).orElseThrow());
    }
    return parts
        .computeIfAbsent(source, s -> new LinkedHashMap<>())
        .computeIfAbsent(index, i -> forValue(getitem.value()));
  }

  private static int index(Node.Call getitem) {
    Argument index = getitem.argument(1).orElse(Argument.NONE);
    if (index instanceof Argument.SymLiteral literal) {
      index = literal.value();
    }
    if (index instanceof Argument.IntValue value) {
      return Math.toIntExact(value.value());
    }
    throw new IllegalStateException(getitem.name() + " takes element " + index);
  }
}
