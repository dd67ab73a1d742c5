package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * {@code report.html}: the report for people, one file that needs no other. It is {@code
 * report.html} of this package's resources around the report's JSON, which a script in it draws.
 */
final class ReportPage {
  private static final PageTemplate TEMPLATE = PageTemplate.named("report.html");

  private ReportPage() {}

  static String of(JsonNode report) {
    return TEMPLATE.around(report);
  }
}
