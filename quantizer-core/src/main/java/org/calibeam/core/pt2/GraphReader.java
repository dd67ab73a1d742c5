package org.calibeam.core.pt2;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Argument.SymKind;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;

/**
 * Reads one graph of {@code model.json}. The archive names the elements of a multiple result
 * instead of writing {@code getitem} calls; they are made here, named after their element, as
 * PyTorch's loader does.
 */
final class GraphReader {
  private final JsonView json;
  private final ValueReader values;
  private final Set<String> taken;
  private final Set<String> graphs = new HashSet<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Set<String> objects = new HashSet<>();
  private final ArgumentReader arguments = new ArgumentReader(objects);

  private GraphReader(JsonView json) {
    this.json = json;
    values = new ValueReader(json);
    taken = new HashSet<>(values.names());
  }

  /** The main graph: inputs that {@code signature} says are constants become uses of them. */
  static Graph main(JsonView json, Signature signature) {
    GraphReader reader = new GraphReader(json);
    List<JsonView> inputs = json.at("inputs").items();
    if (inputs.size() != signature.inputs().size()) {
      throw json.error(
          "%d inputs have %d input_specs".formatted(inputs.size(), signature.inputs().size()));
    }
    signature.inputs().forEach(i -> reader.taken.add(i.name()));
    for (int i = 0; i < inputs.size(); i++) {
      reader.input(inputs.get(i), Optional.of(signature.inputs().get(i)), i);
    }
    Graph graph = reader.body();
    signature.checkOutputs(graph, json);
    return graph;
  }

  /** A graph that control flow runs; all its inputs are operands. */
  static Graph branch(JsonView json) {
    GraphReader reader = new GraphReader(json);
    List<JsonView> inputs = json.at("inputs").items();
    for (int i = 0; i < inputs.size(); i++) {
      reader.input(inputs.get(i), Optional.empty(), i);
    }
    return reader.body();
  }

  private Graph body() {
    json.at("nodes").items().forEach(this::node);
    List<Argument> outputs = json.at("outputs").items().stream().map(arguments::read).toList();
    boolean single = json.find("is_single_tensor_return").map(JsonView::bool).orElse(false);
    try {
      return new Graph(nodes, outputs, single);
    } catch (IllegalArgumentException e) {
      throw json.error(String.valueOf(e.getMessage()));
    }
  }

  private void input(JsonView input, Optional<Signature.Input> spec, int index) {
    JsonView.Variant variant = input.variant();
    String name;
    Value value;
    switch (variant.kind()) {
      case "as_tensor" -> {
        name = variant.value().at("name").identifier();
        value = values.tensor(variant.value(), name);
      }
      case "as_custom_obj" -> {
        name = variant.value().at("name").identifier();
        objects.add(name);
        value =
            new Value.Literal(new Argument.ObjectRef(name, variant.value().at("class_fqn").text()));
      }
      case "as_sym_int" -> {
        name = variant.value().at("as_name").identifier();
        value = values.symbol(SymKind.INT, variant.value(), name);
      }
      case "as_int", "as_float", "as_bool", "as_string", "as_none" -> {
        name =
            spec.map(Signature.Input::name)
                .filter(n -> !n.isEmpty())
                .orElseGet(() -> fresh("arg" + index));
        value = new Value.Literal(arguments.read(input));
      }
      default -> throw input.error("a graph cannot have an input of kind " + variant.kind());
    }
    boolean literal =
        value instanceof Value.Literal l && !(l.value() instanceof Argument.ObjectRef);
    if (literal && spec.flatMap(Signature.Input::constant).isPresent()) {
      throw input.error("%s is a constant and must be a tensor".formatted(name));
    }
    if (!literal && spec.isPresent() && !spec.get().name().equals(name)) {
      throw input.error(
          "the input is called %s here and %s in the signature".formatted(name, spec.get().name()));
    }
    nodes.add(
        spec.flatMap(Signature.Input::constant)
            .<Node>map(constant -> new Node.GetAttr(name, constant, value, Map.of()))
            .orElseGet(() -> new Node.Placeholder(name, value, Map.of())));
  }

  private void node(JsonView node) {
    String target = Targets.read(node.at("target"));
    if (target.equals(Node.Call.GETITEM)) {
      throw node.error("a getitem call; results are named where they are made");
    }
    List<NamedArgument> inputs =
        node.at("inputs").items().stream()
            .map(
                i ->
                    new NamedArgument(
                        i.at("name").text(),
                        unique(arguments.read(i.at("arg"))),
                        i.find("kind").map(GraphReader::kind).orElse(NamedArgument.Kind.UNKNOWN)))
            .toList();
    Map<String, String> metadata = new LinkedHashMap<>();
    node.at("metadata").members().forEach((key, text) -> metadata.put(key, text.text()));
    boolean tupleOfOne =
        Targets.isHigherOrder(target)
            && !node.find("is_hop_single_tensor_return").map(JsonView::bool).orElse(false);
    List<JsonView> outputs = node.at("outputs").items();
    JsonView.Variant first = outputs.size() == 1 ? outputs.get(0).variant() : null;
    if (first != null && ValueReader.isNamed(first) && !tupleOfOne) {
      nodes.add(
          new Node.Call(ValueReader.name(first), target, inputs, values.read(first), metadata));
      return;
    }
    String name =
        fresh(
            node.find("name").map(JsonView::identifier).orElseGet(() -> Targets.baseName(target)));
    if (outputs.isEmpty()) {
      Value none =
          Targets.isHigherOrder(target) ? new Value.Several(List.of(), false) : Value.NOTHING;
      nodes.add(new Node.Call(name, target, inputs, none, metadata));
    } else if (first != null && first.is("as_tensors")) {
      several(name, target, inputs, metadata, first.value().items(), true);
    } else if (first != null && !ValueReader.isNamed(first)) {
      nodes.add(
          new Node.Call(
              name, target, inputs, new Value.Literal(arguments.read(outputs.get(0))), metadata));
    } else {
      several(name, target, inputs, metadata, outputs, false);
    }
  }

  /** Adds a call with several results and what takes them apart. */
  private void several(
      String name,
      String target,
      List<NamedArgument> inputs,
      Map<String, String> metadata,
      List<JsonView> outputs,
      boolean list) {
    List<Value> elements = new ArrayList<>();
    List<Node> getitems = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      elements.add(
          list
              ? element(name, i, outputs.get(i), metadata, getitems)
              : member(name, i, outputs.get(i), metadata, getitems));
    }
    nodes.add(new Node.Call(name, target, inputs, new Value.Several(elements, list), metadata));
    nodes.addAll(getitems);
  }

  /** An element of a tuple: a tensor, a number, a list of tensors, or nothing. */
  private Value member(
      String source,
      int index,
      JsonView output,
      Map<String, String> metadata,
      List<Node> getitems) {
    JsonView.Variant variant = output.variant();
    if (variant.is("as_none")) {
      return Value.NOTHING;
    }
    if (variant.is("as_tensors")) {
      String name = fresh(source + "_list_" + index);
      List<JsonView> inner = variant.value().items();
      List<Value> elements = new ArrayList<>();
      List<Node> innerItems = new ArrayList<>();
      for (int i = 0; i < inner.size(); i++) {
        elements.add(element(name, i, inner.get(i), metadata, innerItems));
      }
      Value value = new Value.Several(elements, true);
      getitems.add(Node.Call.getitem(name, source, index, value).withMetadata(metadata));
      getitems.addAll(innerItems);
      return value;
    }
    if (!ValueReader.isNamed(variant)) {
      return new Value.Literal(arguments.read(output));
    }
    Value value = values.read(variant);
    getitems.add(
        Node.Call.getitem(ValueReader.name(variant), source, index, value).withMetadata(metadata));
    return value;
  }

  /** An element of a list of tensors. */
  private Value element(
      String source,
      int index,
      JsonView output,
      Map<String, String> metadata,
      List<Node> getitems) {
    String name = output.at("name").identifier();
    Value value = values.tensor(output, name);
    getitems.add(Node.Call.getitem(name, source, index, value).withMetadata(metadata));
    return value;
  }

  private static NamedArgument.Kind kind(JsonView json) {
    return switch ((int) Math.min(json.integer(), 3)) {
      case 0 -> NamedArgument.Kind.UNKNOWN;
      case 1 -> NamedArgument.Kind.POSITIONAL;
      case 2 -> NamedArgument.Kind.KEYWORD;
      default -> throw json.error("the kind of an argument is 0, 1 or 2");
    };
  }

  /** Graphs are told apart by their names; one that is called twice gets a second name. */
  private Argument unique(Argument argument) {
    if (argument instanceof Argument.Sub sub) {
      String name = sub.name();
      for (int i = 1; !graphs.add(name); i++) {
        name = sub.name() + "_" + i;
      }
      return new Argument.Sub(name, sub.graph());
    }
    return argument;
  }

  /** {@code base}, or with a number if some node has that name already. */
  private String fresh(String base) {
    String name = base;
    for (int i = 1; !taken.add(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }
}
