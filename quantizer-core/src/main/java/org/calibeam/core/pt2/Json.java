package org.calibeam.core.pt2;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;

/** JSON text to trees and back, within limits that no real model reaches. */
final class Json {
  /** A branch of a branch adds about eight levels. */
  static final int DEEPEST = 1000;

  /** A model of ten thousand operators takes about 20 MB. */
  static final int LARGEST = 1 << 28;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxStringLength(LARGEST)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /**
   * The tree of a document.
   *
   * @throws IOException if it is no JSON, or beyond the limits
   */
  static JsonNode parse(ByteBuffer bytes) throws IOException {
    return MAPPER.readTree(
        bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
  }

  /** The tree of a text that was made by {@link JsonNode#toString}. */
  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("This is no JSON: " + text, e);
    }
  }

  static byte[] bytes(JsonNode tree) {
    try {
      return MAPPER.writeValueAsBytes(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Writing to memory failed", e);
    }
  }
}
