package org.calibeam.pipeline.analyze;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/** How a part of a model is computed; the weights of both integer modes are int8 per channel. */
public enum Mode {
  FLOAT,
  /** Activations int16. */
  A16W8,
  /** Activations int8. */
  A8W8;

  /** The configuration of a step. */
  JsonNode json() {
    return switch (this) {
      case FLOAT -> JsonNodeFactory.instance.nullNode();
      case A16W8 ->
          JsonNodeFactory.instance
              .objectNode()
              .put("factory", "get_symmetric_a16w8_quantization_config");
      case A8W8 -> JsonNodeFactory.instance.objectNode();
    };
  }
}
