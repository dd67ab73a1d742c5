package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Argument.SymKind;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;

/**
 * Writes one graph of {@code model.json}. {@code getitem} calls are left out: the archive names the
 * elements of a multiple result at the call that makes them.
 */
final class GraphWriter {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** PyTorch makes Python code of a graph, in which each node is a variable. */
  static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private final Graph graph;
  private final Map<String, String> renamed;
  private final Map<String, Map<Integer, String>> elements = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final ObjectNode tensorValues = JSON.objectNode();
  private final ObjectNode symInts = JSON.objectNode();
  private final ObjectNode symBools = JSON.objectNode();
  private final ObjectNode symFloats = JSON.objectNode();
  private final ObjectNode objects = JSON.objectNode();

  private GraphWriter(Graph graph, Map<String, String> renamed) {
    this.graph = graph;
    this.renamed = new HashMap<>(renamed);
    for (Node node : graph.nodes()) {
      if (!NAME.matcher(node.name()).matches()) {
        throw new IllegalArgumentException(
            "'%s' cannot name a node in an archive, Python would not accept it"
                .formatted(node.name()));
      }
      taken.add(node.name());
      if (node instanceof Node.Call call && call.isTarget(Node.Call.GETITEM)) {
        collect(call);
      }
    }
  }

  /** Remembers which element a {@code getitem} names; a second one for it takes its name. */
  private void collect(Node.Call call) {
    if (call.ref(0).isEmpty()
        || !(call.argument(1).orElse(Argument.NONE) instanceof Argument.IntValue index)) {
      throw new IllegalArgumentException(call.name() + " takes no element of a call's result");
    }
    String source = rename().apply(call.ref(0).get());
    String first =
        elements
            .computeIfAbsent(source, s -> new HashMap<>())
            .putIfAbsent(Math.toIntExact(index.value()), call.name());
    if (first != null) {
      renamed.put(call.name(), first);
    }
  }

  /**
   * The main graph.
   *
   * @param inputs the graph's inputs, constants among them, in the order of the signature
   * @param renamed nodes that are read under another name: uses of a constant after its first
   */
  static ObjectNode main(Graph graph, List<Node> inputs, Map<String, String> renamed) {
    return new GraphWriter(graph, renamed).write(inputs);
  }

  private static ObjectNode branch(Argument.Sub sub) {
    for (Node node : sub.graph().nodes()) {
      if (node instanceof Node.GetAttr attr) {
        throw new IllegalArgumentException(
            "%s in %s uses the constant %s; an archive passes constants to branches as operands"
                .formatted(attr.name(), sub.name(), attr.constant()));
      }
    }
    return new GraphWriter(sub.graph(), Map.of())
        .write(new ArrayList<>(sub.graph().placeholders()));
  }

  private ObjectNode write(List<Node> inputs) {
    ObjectNode json = JSON.objectNode();
    ArrayNode inputsJson = json.putArray("inputs");
    inputs.forEach(i -> inputsJson.add(result(i.name(), i.value())));
    ArrayNode outputs = json.putArray("outputs");
    graph.outputs().forEach(o -> outputs.add(argument(o)));
    ArrayNode nodes = json.putArray("nodes");
    for (Node.Call call : graph.calls()) {
      if (!call.isTarget(Node.Call.GETITEM)) {
        nodes.add(node(call));
      }
    }
    json.set("tensor_values", tensorValues);
    json.set("sym_int_values", symInts);
    json.set("sym_bool_values", symBools);
    json.put("is_single_tensor_return", graph.singleTensorReturn());
    json.set("custom_obj_values", objects);
    json.set("sym_float_values", symFloats);
    return json;
  }

  private ObjectNode node(Node.Call call) {
    ObjectNode json = JSON.objectNode();
    json.put("target", Targets.write(call.target()));
    ArrayNode inputs = json.putArray("inputs");
    for (NamedArgument argument : call.arguments()) {
      ObjectNode input = inputs.addObject().put("name", argument.name());
      input.set("arg", argument(argument.value()));
      input.put("kind", code(argument.kind()));
    }
    json.set("outputs", outputs(call));
    ObjectNode metadata = json.putObject("metadata");
    new TreeMap<>(call.metadata()).forEach(metadata::put);
    if (Targets.isHigherOrder(call.target())) {
      json.put("is_hop_single_tensor_return", call.value() instanceof Value.Tensor);
    } else {
      json.putNull("is_hop_single_tensor_return");
    }
    json.put("name", call.name());
    return json;
  }

  private ArrayNode outputs(Node.Call call) {
    ArrayNode outputs = JSON.arrayNode();
    if (call.value() instanceof Value.Several several) {
      ArrayNode all = JSON.arrayNode();
      for (int i = 0; i < several.elements().size(); i++) {
        all.add(element(call.name(), call.name(), i, several.elements().get(i)));
      }
      if (several.list()) {
        outputs.add(ArgumentFormat.union("as_tensors", names(all)));
      } else {
        outputs.addAll(all);
      }
    } else if (!(call.value() instanceof Value.Nothing)) {
      outputs.add(result(call.name(), call.value()));
    }
    return outputs;
  }

  /** One element of what {@code source} computes, described under the name its readers use. */
  private ObjectNode element(String call, String source, int index, Value value) {
    if (value instanceof Value.Nothing) {
      return argument(Argument.NONE);
    }
    if (value instanceof Value.Several list) {
      String read = elements.getOrDefault(source, Map.of()).getOrDefault(index, "");
      ArrayNode inner = JSON.arrayNode();
      for (int i = 0; i < list.elements().size(); i++) {
        inner.add(element(call + "_" + index, read, i, list.elements().get(i)));
      }
      return ArgumentFormat.union("as_tensors", names(inner));
    }
    String read = elements.getOrDefault(source, Map.of()).get(index);
    return result(read != null ? read : unused(call, index), value);
  }

  /** A name for an element that nothing reads, as PyTorch makes it. */
  private String unused(String call, int index) {
    String name = call + "_unused_" + index;
    while (!taken.add(name)) {
      name += "_";
    }
    return name;
  }

  private static ArrayNode names(ArrayNode tensors) {
    ArrayNode names = JSON.arrayNode();
    tensors.forEach(t -> names.add(t.get("as_tensor")));
    return names;
  }

  /** Describes {@code value} under {@code name} and gives the argument that refers to it. */
  private ObjectNode result(String name, Value value) {
    if (value instanceof Value.Tensor tensor) {
      tensorValues.set(name, TensorFormat.writeSpec(tensor.spec()));
      return argument(Argument.ref(name));
    }
    if (value instanceof Value.Symbol symbol) {
      symbols(symbol.kind()).set(name, Json.parse(symbol.json()));
      return argument(new Argument.SymRef(symbol.kind(), name));
    }
    if (value instanceof Value.Literal literal) {
      if (literal.value() instanceof Argument.ObjectRef object) {
        Argument.ObjectRef named = new Argument.ObjectRef(name, object.className());
        objects.set(name, ArgumentFormat.object(named));
        return argument(named);
      }
      return argument(literal.value());
    }
    throw new IllegalArgumentException("%s cannot be written as %s".formatted(name, value));
  }

  private ObjectNode symbols(SymKind kind) {
    return switch (kind) {
      case INT -> symInts;
      case BOOL -> symBools;
      case FLOAT -> symFloats;
    };
  }

  private ObjectNode argument(Argument argument) {
    return ArgumentFormat.write(argument.renamed(rename()), GraphWriter::branch);
  }

  private UnaryOperator<String> rename() {
    return name -> renamed.getOrDefault(name, name);
  }

  private static int code(NamedArgument.Kind kind) {
    return switch (kind) {
      case UNKNOWN -> 0;
      case POSITIONAL -> 1;
      case KEYWORD -> 2;
    };
  }
}
