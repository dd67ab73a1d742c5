package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A page of this package's resources, one file that needs no other, which a script in it draws from
 * JSON.
 */
record PageTemplate(String text) {
  private static final String PLACE = "/*REPORT*/";

  static PageTemplate named(String name) {
    try (InputStream in = PageTemplate.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing beside " + PageTemplate.class);
      }
      return new PageTemplate(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read %s of this program".formatted(name), e);
    }
  }

  /** The page around {@code report}. */
  String around(JsonNode report) {
    // Within a script element only "<" can end it, and in JSON it stands only inside of strings.
    String json = report.toString().replace("<", "\\u003c");
    int place = text.indexOf(PLACE);
    return text.substring(0, place) + json + text.substring(place + PLACE.length());
  }
}
