package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.calibeam.core.inspect.ConstantSummary;
import org.calibeam.core.inspect.GraphSummary;
import org.calibeam.core.inspect.Inspection;
import org.calibeam.core.inspect.QuantizedTensor;

/** An {@link Inspection} as JSON: the fields of its records by their names. */
final class InspectionFormat {
  private InspectionFormat() {}

  static ObjectNode json(Inspection inspection) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("format", 1);
    ObjectNode versions = root.putObject("versions");
    inspection.versions().forEach(versions::put);
    root.put("bytes", inspection.bytes()).put("floatingBytes", inspection.floatingBytes());
    ArrayNode graphs = root.putArray("graphs");
    inspection.graphs().forEach(graph -> add(graphs.addObject(), graph));
    ArrayNode constants = root.putArray("constants");
    inspection.constants().forEach(constant -> add(constants.addObject(), constant));
    ArrayNode quantized = root.putArray("quantized");
    inspection.quantized().forEach(tensor -> add(quantized.addObject(), tensor));
    inspection.problems().forEach(root.putArray("problems")::add);
    return root;
  }

  private static void add(ObjectNode node, GraphSummary graph) {
    node.put("path", graph.path().text());
    add(node.putArray("inputs"), graph.inputs());
    add(node.putArray("outputs"), graph.outputs());
    ObjectNode operators = node.putObject("operators");
    graph.operators().forEach(operators::put);
    node.put("computing", graph.computing());
    graph.floating().forEach(node.putArray("floating")::add);
  }

  private static void add(ArrayNode list, List<GraphSummary.Tensor> tensors) {
    tensors.forEach(t -> list.addObject().put("name", t.name()).put("type", t.type()));
  }

  private static void add(ObjectNode node, ConstantSummary constant) {
    node.put("name", constant.name())
        .put("kind", lower(constant.kind()))
        .put("type", constant.type())
        .put("elements", constant.elements())
        .put("bytes", constant.bytes())
        .put("nonFinite", constant.nonFinite());
    constant.sharesWith().ifPresent(other -> node.put("sharesWith", other));
    ArrayNode paths = node.putArray("usedIn");
    constant.usedIn().forEach(path -> paths.add(path.text()));
    constant.readers().forEach(node.putArray("readers")::add);
  }

  private static void add(ObjectNode node, QuantizedTensor tensor) {
    node.put("path", tensor.path().text())
        .put("tensor", tensor.tensor())
        .put("origin", lower(tensor.origin()))
        .put("dtype", tensor.dtype().torchName())
        .put("quantMin", tensor.quantMin())
        .put("quantMax", tensor.quantMax())
        .put("quantizes", tensor.quantizes())
        .put("dequantizes", tensor.dequantizes());
    tensor
        .qparams()
        .ifPresent(
            qparams -> {
              ObjectNode scales = node.putObject("qparams");
              qparams.axis().ifPresent(axis -> scales.put("axis", axis));
              scales
                  .put("channels", qparams.channels())
                  .put("smallestScale", qparams.smallestScale())
                  .put("largestScale", qparams.largestScale())
                  .put("smallestZeroPoint", qparams.smallestZeroPoint())
                  .put("largestZeroPoint", qparams.largestZeroPoint());
            });
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
