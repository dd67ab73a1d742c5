package org.calibeam.core.annotate;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.calibeam.core.graph.Node;

/**
 * The nodes of a graph whose results end in the predicate of a cond, or in what {@link
 * DecidingNodes} has marked, and nowhere else.
 */
final class PredicateCone {

  /** How the exporter names the condition of a while loop. */
  private static final String WHILE_CONDITION = "while_loop_cond_graph_";

  private PredicateCone() {}

  static boolean contains(GraphView view, String name) {
    String path = view.path().text();
    if (path.substring(path.lastIndexOf('/') + 1).startsWith(WHILE_CONDITION)) {
      return true;
    }
    return decidesOnly(view, name, new HashSet<>());
  }

  private static boolean decidesOnly(GraphView view, String name, Set<String> known) {
    if (known.contains(name)) {
      return true;
    }
    if (!view.isOutput(name) && DecidingNodes.isMarked(view.graph().node(name))) {
      return true;
    }
    List<String> users = view.users(name);
    if (users.isEmpty() || view.isPlaceholder(name)) {
      return false;
    }
    for (String user : users) {
      boolean decides =
          view.target(user).equals(Node.Call.COND)
              ? isPredicateOnly(view, user, name)
              : decidesOnly(view, user, known);
      if (!decides) {
        return false;
      }
    }
    known.add(name);
    return true;
  }

  private static boolean isPredicateOnly(GraphView view, String cond, String name) {
    return view.isArgument(cond, 0, name)
        && view.call(cond).stream().flatMap(c -> c.references()).filter(name::equals).count() == 1;
  }
}
