package org.calibeam.core.annotate;

import java.util.Set;
import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.Node;

/** Picks the nodes that one configuration is for. */
public sealed interface NodeFinder {

  /** Whether the node called {@code name} is picked. */
  boolean finds(GraphView view, String name);

  /** Every node. */
  record Global() implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return true;
    }
  }

  /** The graph's inputs. */
  record Inputs() implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return view.isPlaceholder(name);
    }
  }

  /** The graph's results. */
  record Outputs() implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return view.isOutput(name);
    }
  }

  /** Nodes by their names. */
  record NodeName(Set<String> names) implements NodeFinder {
    public NodeName {
      names = Set.copyOf(names);
    }

    @Override
    public boolean finds(GraphView view, String name) {
      return names.contains(name);
    }
  }

  /** Calls by their operator. */
  record NodeTarget(Set<String> targets) implements NodeFinder {
    public NodeTarget {
      targets = Set.copyOf(targets);
    }

    @Override
    public boolean finds(GraphView view, String name) {
      return targets.contains(view.target(name));
    }
  }

  /** Everything in the module at {@code path}, its descendants included. */
  record ModuleName(String path) implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return !view.isOutput(name) && stack(view, name).hasPath(path);
    }
  }

  /**
   * Everything in the modules of a class, their descendants included.
   *
   * @param type fully qualified, or {@code torch.nn.Name} for PyTorch's own
   */
  record ModuleType(String type) implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return !view.isOutput(name) && stack(view, name).hasType(type);
    }
  }

  /** Everything in the graph at {@code path} and in the graphs it runs. */
  record InCodePath(CodePath path) implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return view.path().isWithin(path);
    }
  }

  /**
   * What only decides which way control flow goes: everything whose results end in the predicate of
   * a cond, and the condition of a while loop as a whole.
   */
  record Predicate() implements NodeFinder {
    @Override
    public boolean finds(GraphView view, String name) {
      return PredicateCone.contains(view, name);
    }
  }

  private static ModuleStack stack(GraphView view, String name) {
    Node node = view.graph().node(name);
    return ModuleStack.of(node);
  }
}
