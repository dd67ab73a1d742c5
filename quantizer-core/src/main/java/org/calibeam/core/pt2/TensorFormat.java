package org.calibeam.core.pt2;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.calibeam.core.tensor.DType;
import org.calibeam.core.tensor.Device;
import org.calibeam.core.tensor.Dim;
import org.calibeam.core.tensor.Layout;
import org.calibeam.core.tensor.TensorSpec;

/**
 * Types and shapes as the archive writes them ({@code TensorMeta}). The numbers of its enums are
 * those of {@code torch/_export/serde/schema.py}, version 8; they are not those of c10.
 */
final class TensorFormat {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TensorFormat() {}

  static TensorSpec readSpec(JsonView json) {
    List<Dim> sizes = json.at("sizes").items().stream().map(TensorFormat::readDim).toList();
    List<Dim> strides = json.at("strides").items().stream().map(TensorFormat::readDim).toList();
    if (sizes.size() != strides.size()) {
      throw json.error("%d sizes have %d strides".formatted(sizes.size(), strides.size()));
    }
    return new TensorSpec(
        readDType(json.at("dtype")),
        sizes,
        strides,
        readDim(json.at("storage_offset")),
        readDevice(json.at("device")),
        json.at("requires_grad").bool(),
        readLayout(json.at("layout")));
  }

  static ObjectNode writeSpec(TensorSpec spec) {
    ObjectNode json = JSON.objectNode();
    json.put("dtype", code(spec.dtype()));
    json.set("sizes", writeDims(spec.sizes()));
    json.put("requires_grad", spec.requiresGrad());
    json.set("device", writeDevice(spec.device()));
    json.set("strides", writeDims(spec.strides()));
    json.set("storage_offset", writeDim(spec.storageOffset()));
    json.put("layout", code(spec.layout()));
    return json;
  }

  private static Dim readDim(JsonView json) {
    JsonView.Variant variant = json.variant();
    if (variant.is("as_int")) {
      return Dim.of(variant.value().integer());
    }
    if (variant.is("as_expr")) {
      Optional<Long> hint = variant.value().find("hint").map(h -> h.at("as_int").integer());
      return new Dim.Symbolic(variant.value().at("expr_str").text(), hint);
    }
    throw json.error("a size is as_int or as_expr, not " + variant.kind());
  }

  private static ArrayNode writeDims(List<Dim> dims) {
    ArrayNode json = JSON.arrayNode();
    dims.forEach(d -> json.add(writeDim(d)));
    return json;
  }

  private static ObjectNode writeDim(Dim dim) {
    ObjectNode json = JSON.objectNode();
    if (dim instanceof Dim.Symbolic symbolic) {
      ObjectNode expression = json.putObject("as_expr");
      expression.put("expr_str", symbolic.expression());
      symbolic
          .hint()
          .ifPresentOrElse(
              h -> expression.putObject("hint").put("as_int", h), () -> expression.putNull("hint"));
    } else if (dim instanceof Dim.Fixed fixed) {
      json.put("as_int", fixed.size());
    }
    return json;
  }

  static Device readDevice(JsonView json) {
    return new Device(json.at("type").text(), json.find("index").map(JsonView::integer));
  }

  static ObjectNode writeDevice(Device device) {
    ObjectNode json = JSON.objectNode().put("type", device.type());
    device.index().ifPresentOrElse(i -> json.put("index", i), () -> json.putNull("index"));
    return json;
  }

  static DType readDType(JsonView json) {
    long code = json.integer();
    for (DType type : DType.values()) {
      if (code(type) == code) {
        return type;
      }
    }
    throw json.error("%d is no element type that Calibeam knows".formatted(code));
  }

  static int code(DType type) {
    return switch (type) {
      case UINT8 -> 1;
      case INT8 -> 2;
      case INT16 -> 3;
      case INT32 -> 4;
      case INT64 -> 5;
      case FLOAT16 -> 6;
      case FLOAT32 -> 7;
      case FLOAT64 -> 8;
      case COMPLEX32 -> 9;
      case COMPLEX64 -> 10;
      case COMPLEX128 -> 11;
      case BOOL -> 12;
      case BFLOAT16 -> 13;
      case UINT16 -> 28;
      case FLOAT8_E4M3FN -> 29;
      case FLOAT8_E5M2 -> 30;
      case FLOAT8_E4M3FNUZ -> 31;
      case FLOAT8_E5M2FNUZ -> 32;
      case FLOAT8_E8M0FNU -> 33;
      case UINT32 -> 34;
      case UINT64 -> 35;
    };
  }

  static Layout readLayout(JsonView json) {
    long code = json.integer();
    for (Layout layout : Layout.values()) {
      if (code(layout) == code) {
        return layout;
      }
    }
    throw json.error("%d is no layout that Calibeam knows".formatted(code));
  }

  static int code(Layout layout) {
    return switch (layout) {
      case UNKNOWN -> 0;
      case SPARSE_COO -> 1;
      case SPARSE_CSR -> 2;
      case SPARSE_CSC -> 3;
      case SPARSE_BSR -> 4;
      case SPARSE_BSC -> 5;
      case MKLDNN -> 6;
      case STRIDED -> 7;
    };
  }
}
