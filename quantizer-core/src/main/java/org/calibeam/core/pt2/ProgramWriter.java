package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.OutputKind;
import org.calibeam.core.graph.Program;
import org.calibeam.core.graph.Value;

/** Writes {@code model.json}: the main graph, its signature and the envelope. */
final class ProgramWriter {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Program program;
  private final Map<String, Node.GetAttr> firstUses = new LinkedHashMap<>();
  private final Map<String, String> renamed = new HashMap<>();
  private final Set<String> tokens = new HashSet<>();

  private ProgramWriter(Program program) {
    this.program = program;
    String tokenNames = program.envelope().get(Envelope.TOKENS);
    if (tokenNames != null) {
      Json.parse(tokenNames).forEach(t -> tokens.add(t.textValue()));
    }
    for (Node node : program.main().nodes()) {
      if (node instanceof Node.GetAttr attr) {
        Node.GetAttr first = firstUses.putIfAbsent(attr.constant(), attr);
        if (first != null) {
          renamed.put(attr.name(), first.name());
        }
      }
    }
  }

  static ObjectNode write(Program program) {
    return new ProgramWriter(program).write();
  }

  private ObjectNode write() {
    ObjectNode json = JSON.objectNode();
    ObjectNode module = json.putObject(Envelope.GRAPH_MODULE);
    List<Node> inputs = inputs();
    module.set("graph", GraphWriter.main(program.main(), inputs, renamed));
    ObjectNode signature = module.putObject("signature");
    ArrayNode inputSpecs = signature.putArray("input_specs");
    inputs.forEach(i -> inputSpecs.add(inputSpec(i)));
    ArrayNode outputSpecs = signature.putArray("output_specs");
    for (int i = 0; i < program.outputKinds().size(); i++) {
      outputSpecs.add(outputSpec(program.outputKinds().get(i), program.main().outputs().get(i)));
    }
    Envelope.write(program.envelope(), json);
    return json;
  }

  /** Tokens, then each constant once, grouped as the exporter groups them, then the rest. */
  private List<Node> inputs() {
    List<Node> inputs = new ArrayList<>();
    List<Node> users = new ArrayList<>();
    for (Node.Placeholder input : program.main().placeholders()) {
      (tokens.contains(input.name()) ? inputs : users).add(input);
    }
    firstUses.values().stream()
        .sorted(Comparator.comparingInt(a -> rank(program.constant(a).kind())))
        .forEach(inputs::add);
    inputs.addAll(users);
    return inputs;
  }

  private static int rank(Constant.Kind kind) {
    return switch (kind) {
      case PARAMETER -> 0;
      case BUFFER, NON_PERSISTENT_BUFFER -> 1;
      case TENSOR_CONSTANT -> 2;
      case CUSTOM_OBJECT -> 3;
    };
  }

  private ObjectNode inputSpec(Node input) {
    if (input instanceof Node.GetAttr attr) {
      return constantSpec(attr);
    }
    ObjectNode body = JSON.objectNode();
    if (tokens.contains(input.name())) {
      body.putObject("arg").put("name", input.name());
      return ArgumentFormat.union("token", body);
    }
    if (input.value() instanceof Value.Literal literal
        && !(literal.value() instanceof Argument.ObjectRef)) {
      body.put("name", input.name());
      body.set("value", argument(literal.value()));
      return ArgumentFormat.union("constant_input", body);
    }
    Argument reference =
        input.value() instanceof Value.Symbol symbol
            ? new Argument.SymRef(symbol.kind(), input.name())
            : input.value() instanceof Value.Literal literal
                    && literal.value() instanceof Argument.ObjectRef object
                ? new Argument.ObjectRef(input.name(), object.className())
                : Argument.ref(input.name());
    body.set("arg", argument(reference));
    return ArgumentFormat.union("user_input", body);
  }

  private ObjectNode constantSpec(Node.GetAttr attr) {
    Constant.Kind kind = program.constant(attr).kind();
    ObjectNode body = JSON.objectNode();
    ObjectNode arg = body.putObject("arg").put("name", attr.name());
    if (attr.value() instanceof Value.Literal literal
        && literal.value() instanceof Argument.ObjectRef object) {
      arg.put("class_fqn", object.className());
    }
    return switch (kind) {
      case PARAMETER ->
          ArgumentFormat.union("parameter", body.put("parameter_name", attr.constant()));
      case BUFFER, NON_PERSISTENT_BUFFER ->
          ArgumentFormat.union(
              "buffer",
              body.put("buffer_name", attr.constant())
                  .put("persistent", kind == Constant.Kind.BUFFER));
      case TENSOR_CONSTANT ->
          ArgumentFormat.union(
              "tensor_constant", body.put("tensor_constant_name", attr.constant()));
      case CUSTOM_OBJECT ->
          ArgumentFormat.union("custom_obj", body.put("custom_obj_name", attr.constant()));
    };
  }

  private ObjectNode outputSpec(OutputKind kind, Argument output) {
    ObjectNode body = JSON.objectNode();
    JsonNode argument = argument(output);
    if (kind.equals(OutputKind.USER_OUTPUT)) {
      body.set("arg", argument);
    } else {
      body.set("arg", argument.get("as_tensor"));
      String key = Signature.targetKey(kind.kind());
      if (!key.isEmpty()) {
        body.put(key, kind.target());
      }
    }
    return ArgumentFormat.union(kind.kind(), body);
  }

  private ObjectNode argument(Argument argument) {
    return ArgumentFormat.write(
        argument.renamed(name -> renamed.getOrDefault(name, name)),
        sub -> {
          throw new IllegalArgumentException("An input or output cannot be a graph");
        });
  }
}
