package org.calibeam.core.transform;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;

/**
 * {@code linear(linear(x, w), w)} → {@code linear(linear(x, w), w_1)}: each use of a constant has a
 * node and a constant of its own, the same storage behind them, so that each is observed alone.
 */
final class DeduplicateConstants implements Rewrite {

  @Override
  public Outcome apply(Rewriting rewriting) {
    GraphEditor editor = rewriting.editor();
    for (Node node : rewriting.before().nodes()) {
      if (node instanceof Node.GetAttr attr) {
        List<String> users = editor.users(attr.name());
        users.stream().skip(1).forEach(user -> giveOwn(editor, attr, user));
        if (!users.isEmpty() && editor.isOutput(attr.name())) {
          Node.GetAttr own = copy(editor, attr);
          editor.insertLast(own);
          editor.setOutputs(
              editor.outputs().stream()
                  .map(o -> o.renamed(n -> n.equals(attr.name()) ? own.name() : n))
                  .toList());
        }
      }
    }
    Set<String> seen = new HashSet<>();
    for (Node node : editor.nodes()) {
      if (node instanceof Node.GetAttr attr
          && !seen.add(attr.constant())
          && !rewriting.isWritten(attr.constant())) {
        String name = rewriting.freshConstantName("_deduplicated_get_attr_" + attr.name() + "_");
        rewriting
            .constants()
            .put(name, Objects.requireNonNull(rewriting.constants().get(attr.constant())));
        editor.replace(new Node.GetAttr(attr.name(), name, attr.value(), attr.metadata()));
      }
    }
    return Outcome.KEPT;
  }

  private static void giveOwn(GraphEditor editor, Node.GetAttr attr, String user) {
    Node.GetAttr own = copy(editor, attr);
    editor.insertBefore(user, own);
    Node.Call call = (Node.Call) editor.node(user);
    editor.replace(
        call.withArguments(
            call.arguments().stream()
                .map(a -> a.withValue(renamed(a.value(), attr.name(), own.name())))
                .toList()));
  }

  private static Argument renamed(Argument argument, String from, String to) {
    return argument.renamed(n -> n.equals(from) ? to : n);
  }

  private static Node.GetAttr copy(GraphEditor editor, Node.GetAttr attr) {
    return new Node.GetAttr(
        editor.freshName(attr.name()), attr.constant(), attr.value(), attr.metadata());
  }
}
