package org.calibeam.core.transform;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.Node;
import org.calibeam.core.ops.Arguments;
import org.calibeam.core.ops.CallEmitter;
import org.calibeam.core.ops.SymbolicShapeException;

/**
 * A rewrite that replaces calls of certain operators one by one, in graph order.
 *
 * <p>The graph is retraced as soon as it has such a call, also if that is in a graph inside or is
 * not replaced: so does the reference, whose passes then interpret the whole graph anew.
 */
abstract class OperatorRewrite implements Rewrite {

  /** How a rewrite treats calls that may not be decomposed. */
  enum Gate {
    /** Replaces them too. */
    IGNORED,
    /** Leaves them, but they alone cause a retrace. */
    HONOURED,
    /** Leaves them, as if they were not there. */
    SKIPPED
  }

  private final Gate gate;
  private final Set<String> targets;

  OperatorRewrite(Gate gate, String... targets) {
    this.gate = gate;
    this.targets = Set.of(targets);
  }

  /**
   * Writes what replaces {@code call}, with the call's metadata.
   *
   * @return the new result; empty leaves the call
   */
  abstract Optional<Argument.Ref> rewrite(
      Node.Call call, Arguments arguments, CallEmitter emit, Rewriting rewriting);

  /** Whether the presence of {@code call} makes this rewrite run. */
  boolean triggers(Node.Call call) {
    return targets.contains(call.target());
  }

  /** Metadata of the nodes that replace {@code call}. */
  Map<String, String> metadata(Node.Call call) {
    return call.metadata();
  }

  /** The module of {@code call} without its gate, as nodes have it that are traced from a call. */
  static Map<String, String> module(Node.Call call) {
    String stack = call.metadata().get("nn_module_stack");
    return stack == null ? Map.of() : Map.of("nn_module_stack", stack);
  }

  /** What becomes of the layout once this rewrite has run. */
  Outcome outcome(boolean changed) {
    return Outcome.RETRACED;
  }

  @Override
  public Outcome apply(Rewriting rewriting) {
    if (!isTriggered(rewriting.before(), rewriting)) {
      return Outcome.KEPT;
    }
    for (Node.Call call : rewriting.calls()) {
      if (targets.contains(call.target()) && (gate == Gate.IGNORED || rewriting.isAllowed(call))) {
        replace(call, rewriting);
      }
    }
    return outcome(rewriting.editor().isChanged());
  }

  private boolean isTriggered(Graph graph, Rewriting rewriting) {
    return graph.calls().stream()
        .anyMatch(
            call ->
                triggers(call) && (gate != Gate.SKIPPED || rewriting.isAllowed(call))
                    || call.subgraphs().anyMatch(sub -> isTriggered(sub.graph(), rewriting)));
  }

  private void replace(Node.Call seen, Rewriting rewriting) {
    Node.Call call = (Node.Call) rewriting.editor().node(seen.name());
    CallEmitter emit = rewriting.emitter(metadata(call));
    try {
      rewrite(call, Arguments.of(call), emit, rewriting)
          .ifPresent(
              result -> {
                emit.commit(call.name());
                rewriting.replace(call, result);
              });
    } catch (SymbolicShapeException e) {
      rewriting.note(call, "%s does not apply: %s".formatted(name(), e.getMessage()));
    }
  }
}
