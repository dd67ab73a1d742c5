package org.calibeam.core.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.calibeam.core.graph.Argument;
import org.calibeam.core.graph.Constant;
import org.calibeam.core.graph.Graph;
import org.calibeam.core.graph.NamedArgument;
import org.calibeam.core.graph.Node;
import org.calibeam.core.graph.Value;
import org.calibeam.core.ops.Operators;
import org.calibeam.core.ops.Schema;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.Layout;
import org.calibeam.core.tensor.Storage;
import org.calibeam.core.tensor.TensorData;
import org.calibeam.core.tensor.TensorSpec;

/**
 * A graph before and after a transform of the reference. {@code goldens.json.gz} has the transform
 * for annotation, made by {@code transform_goldens.py}; {@code batch-norm.json.gz} has batch norm
 * folding, made by {@code batch_norm_goldens.py}.
 */
public record Golden(String name, GraphAndConstants before, GraphAndConstants after) {

  /** All cases of {@code file} by name. */
  public static Map<String, Golden> all(String file) {
    try (InputStream in = Golden.class.getResourceAsStream(file)) {
      JsonNode root = new ObjectMapper().readTree(new GZIPInputStream(Objects.requireNonNull(in)));
      Map<String, Golden> cases = new LinkedHashMap<>();
      root.fields()
          .forEachRemaining(
              e -> {
                JsonNode tensors = e.getValue().get("tensors");
                cases.put(
                    e.getKey(),
                    new Golden(
                        e.getKey(),
                        new Reader(tensors).read(e.getValue().get("before")),
                        new Reader(tensors).read(e.getValue().get("after"))));
              });
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Reader {
    private final JsonNode tensors;
    private final Map<String, Storage> storages = new HashMap<>();
    private final Map<String, Constant> constants = new LinkedHashMap<>();

    Reader(JsonNode tensors) {
      this.tensors = tensors;
    }

    GraphAndConstants read(JsonNode nodes) {
      return new GraphAndConstants(graph(nodes), constants);
    }

    private Graph graph(JsonNode json) {
      List<Node> nodes = new ArrayList<>();
      List<Argument> outputs = new ArrayList<>();
      for (JsonNode node : json) {
        String name = node.get("name").asText();
        Map<String, String> metadata = new HashMap<>();
        if (node.has("disallow")) {
          metadata.put(TransformForAnnotation.DISALLOW, node.get("disallow").asText());
        }
        if (node.has("module")) {
          metadata.put("nn_module_stack", node.get("module").asText());
        }
        switch (node.get("op").asText()) {
          case "get_attr" -> nodes.add(attribute(node, name, metadata));
          case "placeholder" ->
              nodes.add(new Node.Placeholder(name, value(node.get("value")), metadata));
          case "output" -> node.get("args").get(0).forEach(a -> outputs.add(argument(a, "")));
          default -> nodes.add(call(node, name, metadata));
        }
      }
      return new Graph(nodes, outputs, false);
    }

    private Node attribute(JsonNode node, String name, Map<String, String> metadata) {
      JsonNode tensor = tensors.get(node.get("tensor").asText());
      DType dtype = DType.ofTorchName(tensor.get("dtype").asText());
      Storage storage =
          storages.computeIfAbsent(
              node.get("tensor").asText(),
              k -> {
                try {
                  return Storage.of(ByteBuffer.wrap(tensor.get("data").binaryValue()));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      TensorData data = TensorData.contiguous(dtype, storage, longs(tensor.get("sizes")));
      String target = node.get("target").asText();
      constants.put(
          target,
          node.get("parameter").asBoolean() ? Constant.parameter(data) : Constant.buffer(data));
      return new Node.GetAttr(name, target, new Value.Tensor(data.spec()), metadata);
    }

    private Node call(JsonNode node, String name, Map<String, String> metadata) {
      String target = node.get("target").asText();
      Optional<Schema> schema = Operators.find(target);
      List<NamedArgument> arguments = new ArrayList<>();
      for (int i = 0; i < node.get("args").size(); i++) {
        Optional<Schema.Parameter> parameter = schema.map(Schema::parameters).map(new At(i)::of);
        Argument argument =
            argument(node.get("args").get(i), parameter.map(Schema.Parameter::type).orElse(""));
        arguments.add(
            NamedArgument.positional(parameter.map(Schema.Parameter::name).orElse(""), argument));
      }
      node.get("kwargs")
          .fields()
          .forEachRemaining(
              e -> arguments.add(NamedArgument.keyword(e.getKey(), argument(e.getValue(), ""))));
      return new Node.Call(name, target, arguments, value(node.get("value")), metadata);
    }

    private record At(int index) {
      Schema.Parameter of(List<Schema.Parameter> parameters) {
        return parameters.get(index);
      }
    }

    private Argument argument(JsonNode json, String type) {
      if (json.isNull()) {
        return Argument.NONE;
      }
      if (json.isBoolean()) {
        return Argument.of(json.asBoolean());
      }
      if (json.isIntegralNumber()) {
        return Argument.of(json.asLong());
      }
      if (json.isTextual()) {
        return new Argument.StringValue(json.asText());
      }
      return json.isArray() ? list(json, type) : object(json);
    }

    private Argument object(JsonNode json) {
      if (json.has("ref")) {
        return Argument.ref(json.get("ref").asText());
      }
      if (json.has("float")) {
        String text = json.get("float").asText();
        return Argument.of(
            switch (text) {
              case "inf" -> Double.POSITIVE_INFINITY;
              case "-inf" -> Double.NEGATIVE_INFINITY;
              default -> Double.parseDouble(text);
            });
      }
      if (json.has("dtype")) {
        return new Argument.ScalarTypeValue(DType.ofTorchName(json.get("dtype").asText()));
      }
      if (json.has("device")) {
        return new Argument.DeviceValue(Device.CPU);
      }
      if (json.has("layout")) {
        return new Argument.LayoutValue(Layout.STRIDED);
      }
      if (json.has("memory_format")) {
        return json.get("memory_format").asText().equals("contiguous_format")
            ? Argument.MemoryFormat.CONTIGUOUS
            : Argument.MemoryFormat.PRESERVE;
      }
      if (json.has("graph")) {
        Graph graph = graph(json.get("nodes"));
        return new Argument.Sub(json.get("graph").asText(), graph);
      }
      throw new IllegalArgumentException("Unknown argument " + json);
    }

    private Argument list(JsonNode json, String type) {
      List<Argument> elements = new ArrayList<>();
      json.forEach(e -> elements.add(argument(e, "")));
      if (type.equals("Tensor?[]")) {
        return new Argument.OptionalRefs(
            elements.stream()
                .map(
                    e ->
                        e instanceof Argument.Ref r
                            ? Optional.of(r)
                            : Optional.<Argument.Ref>empty())
                .toList());
      }
      if (elements.stream().anyMatch(Argument.Ref.class::isInstance)) {
        return new Argument.Refs(elements.stream().map(Argument.Ref.class::cast).toList());
      }
      if (elements.stream().anyMatch(Argument.FloatValue.class::isInstance)) {
        return new Argument.FloatList(
            elements.stream().map(e -> ((Argument.FloatValue) e).value()).toList());
      }
      return new Argument.IntList(
          elements.stream().map(e -> ((Argument.IntValue) e).value()).toList());
    }

    private static Value value(JsonNode json) {
      if (json == null || json.isNull()) {
        return Value.NOTHING;
      }
      if (json.isArray()) {
        List<Value> elements = new ArrayList<>();
        json.forEach(e -> elements.add(value(e)));
        return new Value.Several(elements, false);
      }
      return new Value.Tensor(
          new TensorSpec(
              DType.ofTorchName(json.get("dtype").asText()),
              dims(json.get("sizes")),
              dims(json.get("strides")),
              Dim.of(json.get("offset").asLong()),
              Device.CPU,
              false,
              Layout.STRIDED));
    }

    private static List<Dim> dims(JsonNode json) {
      List<Dim> dims = new ArrayList<>();
      json.forEach(d -> dims.add(Dim.of(d.asLong())));
      return dims;
    }

    private static long[] longs(JsonNode json) {
      long[] values = new long[json.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = json.get(i).asLong();
      }
      return values;
    }
  }
}
