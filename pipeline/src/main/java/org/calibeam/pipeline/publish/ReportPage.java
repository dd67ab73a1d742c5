package org.calibeam.pipeline.publish;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** {@code report.html}: the report for people, one file that needs no other. */
final class ReportPage {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
      body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
      table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
      th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
      th { font-weight: 600; } td.n, th.n { text-align: right; }
      .scroll { overflow-x: auto; } code { font-size: .92em; overflow-wrap: anywhere; }
      .bar { display: inline-block; height: .6em; background: currentColor; opacity: .45; min-width: 1px; }
      """;

  private final StringBuilder html = new StringBuilder();

  private ReportPage() {}

  static String of(JsonNode report) {
    ReportPage page = new ReportPage();
    page.html
        .append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>Calibeam report</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>Calibeam report</h1>\n");
    page.summary(report);
    page.paths(report);
    page.badSamples(report);
    page.observers(report);
    page.unquantized(report);
    page.shards(report);
    page.html.append("</body>\n</html>\n");
    return page.html.toString();
  }

  private void summary(JsonNode report) {
    table("");
    row("Model", code(report.at("/model/path").asText()));
    row("Samples", escape(report.at("/samples/observed").asText()));
    if (report.has("conversion")) {
      row("Calibrator", escape(report.at("/conversion/calibrator").asText()));
    }
    if (report.has("evaluation")) {
      JsonNode evaluation = report.get("evaluation");
      row("Evaluated on", escape(evaluation.get("samples").asText() + " samples"));
      row("SQNR", number(evaluation.get("sqnrDb"), "%.2f dB", "no noise"));
      row("Top-1 agreement", percent(evaluation.get("top1Agreement")));
      row("Samples on another code path", escape(evaluation.get("flippedSamples").asText()));
    }
    row("CPU kernels", escape(report.path("kernelLevel").asText()));
    row("Configuration", code(report.path("configuration").toString()));
    end();
  }

  private void paths(JsonNode report) {
    heading("Code paths");
    table("<tr><th>Path<th class=n>Samples<th class=n>Share<th><th>First sample");
    for (JsonNode path : report.path("codePaths")) {
      double share = path.path("share").asDouble();
      row(
          code(path.path("path").asText()),
          path.path("samples").asText(),
          percent(path.path("share")),
          "<span class=bar style=\"width:%dpx\"></span>".formatted(Math.round(share * 120)),
          escape(path.path("firstSample").asText()));
    }
    end();
  }

  private void badSamples(JsonNode report) {
    if (report.path("badSamples").isEmpty()) {
      return;
    }
    heading("Samples set aside");
    table("<tr><th>Sample<th>Reason");
    for (JsonNode bad : report.path("badSamples")) {
      row(code(bad.path("id").asText()), escape(bad.path("reason").asText()));
    }
    end();
  }

  private void observers(JsonNode report) {
    heading("Tensors");
    table(
        "<tr><th>Path<th>Observer<th>Kind<th class=n>Min<th class=n>Max<th>Type<th class=n>Scale<th class=n>Zero point<th>Note");
    for (JsonNode observer : report.path("observers")) {
      JsonNode scale = observer.path("scale");
      JsonNode zeroPoint = observer.path("zeroPoint");
      row(
          code(observer.path("codePath").asText()),
          code(observer.path("observer").asText()),
          escape(observer.path("kind").asText()),
          number(observer.path("min"), "%.5g", ""),
          number(observer.path("max"), "%.5g", ""),
          escape(observer.path("dtype").asText()),
          scale.size() > 1 ? scale.size() + " channels" : number(scale.path(0), "%.5g", ""),
          zeroPoint.size() > 1 ? "" : escape(zeroPoint.path(0).asText()),
          escape(observer.path("note").asText()));
    }
    end();
  }

  private void unquantized(JsonNode report) {
    if (report.path("unquantized").isEmpty()) {
      return;
    }
    heading("Not quantized");
    table("<tr><th>Path<th>Node<th>Reason");
    for (JsonNode node : report.path("unquantized")) {
      row(
          code(node.path("codePath").asText()),
          code(node.path("node").asText()),
          escape(node.path("reason").asText()));
    }
    end();
  }

  private void shards(JsonNode report) {
    if (report.path("shards").isEmpty()) {
      return;
    }
    heading("Files");
    table("<tr><th>File<th class=n>Samples<th class=n>Set aside<th>Content");
    for (JsonNode shard : report.path("shards")) {
      row(
          code(shard.path("path").asText()),
          shard.path("observed").asText(),
          shard.path("bad").asText(),
          code(shard.path("contentHash").asText()));
    }
    end();
  }

  private void heading(String text) {
    html.append("<h2>").append(escape(text)).append("</h2>\n");
  }

  private void table(String head) {
    html.append("<div class=scroll><table>\n").append(head).append('\n');
  }

  private void row(String... cells) {
    html.append("<tr>");
    for (String cell : cells) {
      boolean numeric = !cell.isEmpty() && "-0123456789".indexOf(cell.charAt(0)) >= 0;
      html.append(numeric ? "<td class=n>" : "<td>").append(cell);
    }
    html.append('\n');
  }

  private void end() {
    html.append("</table></div>\n");
  }

  private static String number(JsonNode value, String format, String otherwise) {
    return value.isNumber()
        ? String.format(Locale.ROOT, format, value.asDouble())
        : escape(otherwise);
  }

  private static String percent(JsonNode share) {
    return share.isNumber() ? String.format(Locale.ROOT, "%.1f %%", 100 * share.asDouble()) : "";
  }

  private static String code(String text) {
    return "<code>" + escape(text) + "</code>";
  }

  /** Names come from models and files that anyone may have written. */
  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
