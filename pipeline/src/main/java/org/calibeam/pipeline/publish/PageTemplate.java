package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A page of this package's resources, one file that needs no other, which a script in it draws from
 * JSON. What all pages share of style and script is in {@code page.css} and {@code page.js}.
 */
record PageTemplate(String text) {
  private static final String STYLE = "/*STYLE*/\n";
  private static final String ELEMENTS = "/*ELEMENTS*/\n";
  private static final String REPORT = "/*REPORT*/";

  static PageTemplate named(String name) {
    String styled = put(resource("page.css"), STYLE, resource(name));
    return new PageTemplate(put(resource("page.js"), ELEMENTS, styled));
  }

  private static String resource(String name) {
    try (InputStream in = PageTemplate.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing beside " + PageTemplate.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read %s of this program".formatted(name), e);
    }
  }

  private static String put(String part, String place, String page) {
    int at = page.indexOf(place);
    if (at < 0) {
      throw new IllegalStateException("A page has no " + place.strip());
    }
    return page.substring(0, at) + part + page.substring(at + place.length());
  }

  /** The page around {@code report}. */
  String around(JsonNode report) {
    // Within a script element only "<" can end it, and in JSON it stands only inside of strings.
    return put(report.toString().replace("<", "\\u003c"), REPORT, text);
  }
}
