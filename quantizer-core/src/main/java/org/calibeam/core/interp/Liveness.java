package org.calibeam.core.interp;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.prepare.PreparedProgram;

/** Which nodes of a graph must run, and which of them reads each slot last. */
final class Liveness {
  private static final int NEVER = -1;

  private final boolean[] live;
  private final int[] lastRead;
  private final List<Node> nodes;

  /**
   * @param shown the observation points that show their tensor; the others do nothing
   */
  Liveness(Graph graph, Homes homes, Operators operators, Predicate<Node.Call> shown) {
    nodes = graph.nodes();
    live = new boolean[nodes.size()];
    Set<String> read = new HashSet<>(graph.outputNames());
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      live[i] = read.contains(node.name()) || hasEffect(node, operators, shown);
      if (live[i]) {
        node.references().forEach(read::add);
      }
    }
    lastRead = new int[homes.slots()];
    Arrays.fill(lastRead, NEVER);
    for (int i = 0; i < nodes.size(); i++) {
      if (live[i] && reads(nodes.get(i), shown)) {
        for (int slot : slots(nodes.get(i).references().toList(), homes)) {
          lastRead[slot] = i;
        }
      }
    }
    for (int slot : slots(graph.outputNames(), homes)) {
      lastRead[slot] = nodes.size();
    }
  }

  /** Whether node {@code index} has to run. */
  boolean isLive(int index) {
    return live[index];
  }

  boolean isRead(int slot) {
    return lastRead[slot] != NEVER;
  }

  /** The index of the node that reads {@code slot} last; the number of nodes if the results do. */
  int lastRead(int slot) {
    return lastRead[slot];
  }

  /** How often each slot occurs among {@code references}. */
  static Map<Integer, Integer> occurrences(List<String> references, Homes homes) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (int slot : slots(references, homes)) {
      counts.merge(slot, 1, Integer::sum);
    }
    return counts;
  }

  private static int[] slots(List<String> names, Homes homes) {
    return names.stream()
        .map(homes::of)
        .filter(Home.InSlot.class::isInstance)
        .mapToInt(h -> ((Home.InSlot) h).index())
        .toArray();
  }

  /**
   * Parts of a tuple are put into their slots by whoever computes the tuple, and a point that shows
   * nothing is another name for its tensor.
   */
  private static boolean reads(Node node, Predicate<Node.Call> shown) {
    return !(node instanceof Node.Call call) || !isName(call) || shown.test(call);
  }

  private static boolean isName(Node.Call call) {
    return call.isTarget(Node.Call.GETITEM)
        || call.isTarget(DecomposedOperators.TUPLE)
        || call.isTarget(PreparedProgram.OBSERVE);
  }

  private static boolean hasEffect(Node node, Operators operators, Predicate<Node.Call> shown) {
    if (!(node instanceof Node.Call call)) {
      return false;
    }
    if (shown.test(call) || ControlFlow.is(call)) {
      return true;
    }
    if (isName(call) || PythonNumbers.function(call.target()).isPresent()) {
      return false;
    }
    // What is unknown counts, so that it is reported.
    return operators.find(call.target()).map(o -> o.mutable() || o.returns() == 0).orElse(true);
  }
}
