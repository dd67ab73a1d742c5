package org.calibeam.core.transform;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.TensorSpec;

/**
 * A graph as lines that can be compared: constants by kind and values, references by position, so
 * that names of constants do not matter.
 */
final class GoldenText {
  private final Map<String, String> names = new HashMap<>();
  private final List<String> lines = new ArrayList<>();

  private GoldenText() {}

  static List<String> of(GraphAndConstants graph) {
    GoldenText text = new GoldenText();
    int constants = 0;
    for (Node node : graph.graph().nodes()) {
      boolean constant = node instanceof Node.GetAttr;
      text.names.put(node.name(), constant ? "c" + constants++ : node.name());
      text.line(node, graph.constants());
    }
    text.lines.add("return " + graph.graph().outputs().stream().map(text::show).toList());
    return text.lines;
  }

  private void line(Node node, Map<String, Constant> constants) {
    String name = names.get(node.name());
    if (node instanceof Node.GetAttr attr) {
      Constant constant = Objects.requireNonNull(constants.get(attr.constant()));
      lines.add(
          "%s = %s %s #%08x"
              .formatted(
                  name,
                  constant.kind() == Constant.Kind.PARAMETER ? "parameter" : "buffer",
                  constant.tensor(),
                  constant.tensor().toBytes().hashCode()));
    } else if (node instanceof Node.Call call) {
      List<String> arguments = call.arguments().stream().map(this::show).toList();
      lines.add(
          "%s = %s%s : %s in %s"
              .formatted(
                  name,
                  call.target(),
                  arguments,
                  show(call.value()),
                  call.metadata().getOrDefault("nn_module_stack", "-")));
    } else {
      lines.add("%s = input : %s".formatted(name, show(node.value())));
    }
  }

  private String show(NamedArgument argument) {
    return argument.kind() == NamedArgument.Kind.KEYWORD
        ? argument.name() + "=" + show(argument.value())
        : show(argument.value());
  }

  private String show(Argument argument) {
    Argument renamed = argument.renamed(n -> names.getOrDefault(n, n));
    return renamed instanceof Argument.Sub ? "graph" : renamed.toString();
  }

  private static String show(Value value) {
    if (value instanceof Value.Several several) {
      return several.elements().stream().map(GoldenText::show).toList().toString();
    }
    return value.tensor().map(GoldenText::show).orElse("nothing");
  }

  private static String show(TensorSpec spec) {
    List<Object> strides = new ArrayList<>();
    for (int i = 0; i < spec.rank(); i++) {
      boolean matters = !spec.sizes().get(i).equals(Dim.of(1));
      strides.add(matters ? spec.strides().get(i) : "-");
    }
    return spec + " by " + strides + " from " + spec.storageOffset();
  }
}
