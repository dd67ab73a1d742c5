package org.calibeam.core.annotate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.GraphEditor;
import org.calibeam.core.graph.Node;

/**
 * Works out which module a node of a branch belongs to.
 *
 * <p>The exporter gives nodes inside control flow no module stack. Their weights tell it: a
 * convolution that reads the constant {@code deep.0.weight} is the module {@code deep.0}, within
 * {@code deep}. The class of the module follows from the operator. Nodes without weights remain
 * without a module.
 */
public final class BranchModules {

  private static final Map<String, String> TYPES =
      Map.of(
          "aten.linear.default", "torch.nn.modules.linear.Linear",
          "aten.conv1d.default", "torch.nn.modules.conv.Conv1d",
          "aten.conv1d.padding", "torch.nn.modules.conv.Conv1d",
          "aten.conv2d.default", "torch.nn.modules.conv.Conv2d",
          "aten.conv2d.padding", "torch.nn.modules.conv.Conv2d",
          "aten.conv3d.default", "torch.nn.modules.conv.Conv3d",
          "aten.conv_transpose2d.input", "torch.nn.modules.conv.ConvTranspose2d",
          "aten.layer_norm.default", "torch.nn.modules.normalization.LayerNorm",
          "aten.group_norm.default", "torch.nn.modules.normalization.GroupNorm",
          "aten.embedding.default", "torch.nn.modules.sparse.Embedding");

  private BranchModules() {}

  /**
   * The graph with a {@link ModuleStack#DERIVED_KEY} on every node whose weights tell its module.
   */
  public static Graph derive(Graph branch) {
    GraphEditor editor = new GraphEditor(branch);
    for (Node.Call call : branch.calls()) {
      if (!call.metadata().containsKey(ModuleStack.KEY)) {
        module(branch, call)
            .ifPresent(
                module -> {
                  Map<String, String> metadata = new LinkedHashMap<>(call.metadata());
                  metadata.put(ModuleStack.DERIVED_KEY, stack(module, type(branch, call)));
                  editor.replace(call.withMetadata(metadata));
                });
      }
    }
    return editor.build();
  }

  /** The module whose weight is the second argument, or else the first constant read. */
  private static Optional<String> module(Graph branch, Node.Call call) {
    return call.references()
        .map(branch::node)
        .filter(Node.GetAttr.class::isInstance)
        .map(n -> ((Node.GetAttr) n).constant())
        .filter(fqn -> fqn.indexOf('.') > 0)
        .map(fqn -> fqn.substring(0, fqn.lastIndexOf('.')))
        .findFirst();
  }

  private static String type(Graph branch, Node.Call call) {
    if (call.isTarget("aten.batch_norm.default")) {
      int rank =
          call.ref(0).flatMap(input -> branch.node(input).spec()).map(s -> s.rank()).orElse(4);
      return "torch.nn.modules.batchnorm.BatchNorm%dd".formatted(Math.max(1, rank - 2));
    }
    return TYPES.getOrDefault(call.target(), "");
  }

  private static String stack(String module, String type) {
    StringBuilder stack = new StringBuilder();
    for (int dot = module.indexOf('.'); dot > 0; dot = module.indexOf('.', dot + 1)) {
      stack.append(",").append(module, 0, dot).append(",;");
    }
    return stack.append(",").append(module).append(",").append(type).toString();
  }
}
