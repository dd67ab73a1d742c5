package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;

/** {@code analysis.html}: the curve of choices and what each module costs, for people. */
final class AnalysisPage {
  private static final PageTemplate TEMPLATE = PageTemplate.named("analysis.html");

  private AnalysisPage() {}

  static String of(JsonNode analysis) {
    return TEMPLATE.around(analysis);
  }
}
