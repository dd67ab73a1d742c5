package org.calibeam.core.pt2;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.OutputKind;

/** What the inputs and outputs of the main graph stand for. */
record Signature(List<Input> inputs, List<Output> outputs) {
  private static final Set<String> WITHOUT_TARGET = Set.of("user_output", "loss_output", "token");

  /**
   * One input.
   *
   * @param kind the archive's name of its variant
   * @param constant fully qualified name, for a constant
   * @param constantKind how the program holds it, for a constant
   */
  record Input(
      String kind, String name, Optional<String> constant, Optional<Constant.Kind> constantKind) {}

  /** One output and the name it has in the signature. */
  record Output(OutputKind kind, Argument argument) {}

  static Signature read(JsonView json) {
    return new Signature(
        json.at("input_specs").items().stream().map(Signature::input).toList(),
        json.at("output_specs").items().stream().map(Signature::output).toList());
  }

  private static Input input(JsonView json) {
    JsonView.Variant variant = json.variant();
    JsonView body = variant.value();
    return switch (variant.kind()) {
      case "parameter" -> constant(variant, "parameter_name", Constant.Kind.PARAMETER);
      case "buffer" ->
          constant(
              variant,
              "buffer_name",
              body.at("persistent").bool()
                  ? Constant.Kind.BUFFER
                  : Constant.Kind.NON_PERSISTENT_BUFFER);
      case "tensor_constant" ->
          constant(variant, "tensor_constant_name", Constant.Kind.TENSOR_CONSTANT);
      case "custom_obj" -> constant(variant, "custom_obj_name", Constant.Kind.CUSTOM_OBJECT);
      case "token" -> other(variant, body.at("arg").at("name").identifier());
      case "constant_input" ->
          other(variant, body.at("name").text().isEmpty() ? "" : body.at("name").identifier());
      case "user_input" -> other(variant, argumentName(body.at("arg")));
      default -> throw json.error("an input of kind %s is not known".formatted(variant.kind()));
    };
  }

  private static Input constant(JsonView.Variant variant, String key, Constant.Kind kind) {
    return new Input(
        variant.kind(),
        variant.value().at("arg").at("name").identifier(),
        Optional.of(variant.value().at(key).name()),
        Optional.of(kind));
  }

  private static Input other(JsonView.Variant variant, String name) {
    return new Input(variant.kind(), name, Optional.empty(), Optional.empty());
  }

  private static String argumentName(JsonView json) {
    JsonView.Variant variant = json.variant();
    return switch (variant.kind()) {
      case "as_tensor", "as_custom_obj" -> variant.value().at("name").identifier();
      case "as_sym_int", "as_sym_float", "as_sym_bool" ->
          variant.value().at("as_name").identifier();
      default -> "";
    };
  }

  private static Output output(JsonView json) {
    JsonView.Variant variant = json.variant();
    JsonView body = variant.value();
    String key = targetKey(variant.kind());
    if (key.isEmpty() && !WITHOUT_TARGET.contains(variant.kind())) {
      throw json.error("an output of kind %s is not known".formatted(variant.kind()));
    }
    Argument argument =
        variant.is("user_output")
            ? new ArgumentReader(Set.of()).read(body.at("arg"))
            : Argument.ref(body.at("arg").at("name").identifier());
    return new Output(
        new OutputKind(variant.kind(), key.isEmpty() ? "" : body.at(key).text()), argument);
  }

  /** The key under which an output of {@code kind} names its target; empty if it has none. */
  static String targetKey(String kind) {
    return switch (kind) {
      case "buffer_mutation" -> "buffer_name";
      case "parameter_mutation", "gradient_to_parameter" -> "parameter_name";
      case "user_input_mutation", "gradient_to_user_input" -> "user_input_name";
      default -> "";
    };
  }

  List<OutputKind> outputKinds() {
    return outputs.stream().map(Output::kind).toList();
  }

  /** Fails unless {@code graph} returns what the signature says. */
  void checkOutputs(Graph graph, JsonView json) {
    if (graph.outputs().size() != outputs.size()) {
      throw json.error(
          "%d outputs have %d output_specs".formatted(graph.outputs().size(), outputs.size()));
    }
    for (int i = 0; i < outputs.size(); i++) {
      List<String> here = graph.outputs().get(i).references().toList();
      List<String> there = outputs.get(i).argument().references().toList();
      if (!here.equals(there)) {
        throw json.error("output %d is %s here and %s in the signature".formatted(i, here, there));
      }
    }
  }
}
