package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * {@code report.html}: the report for people, one file that needs no other. It is {@code
 * report.html} of this package's resources around the report's JSON, which a script in it draws.
 */
final class ReportPage {
  private static final String PLACE = "/*REPORT*/";
  private static final String TEMPLATE = template();

  private ReportPage() {}

  static String of(JsonNode report) {
    // Within a script element only "<" can end it, and in JSON it stands only inside of strings.
    String json = report.toString().replace("<", "\\u003c");
    int place = TEMPLATE.indexOf(PLACE);
    return TEMPLATE.substring(0, place) + json + TEMPLATE.substring(place + PLACE.length());
  }

  private static String template() {
    try (InputStream in = ReportPage.class.getResourceAsStream("report.html")) {
      if (in == null) {
        throw new IllegalStateException("report.html is missing beside " + ReportPage.class);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read report.html of this program", e);
    }
  }
}
