package org.calibeam.core.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.calibeam.core.graph.CodePath;

/** An inspection as lines of text. */
final class Listing {
  private final List<String> lines = new ArrayList<>();

  private Listing() {}

  static List<String> of(Inspection inspection) {
    Listing listing = new Listing();
    listing.add(
        "%s",
        inspection.versions().entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", ")));
    listing.add(
        "%s, %s, %s of %s, %s, %s",
        count(inspection.graphs().size(), "graph"),
        count(inspection.graphs().stream().mapToInt(GraphSummary::calls).sum(), "call"),
        count(inspection.constants().size(), "constant"),
        size(inspection.constants().stream().mapToLong(ConstantSummary::bytes).sum()),
        count(inspection.quantized().size(), "quantized tensor"),
        count(inspection.problems().size(), "problem"));
    inspection.graphs().forEach(listing::graph);
    listing.constants(inspection.constants());
    listing.quantized(inspection.quantized());
    if (!inspection.problems().isEmpty()) {
      listing.heading("Problems");
      inspection.problems().forEach(p -> listing.add("  %s", p));
    }
    return listing.lines;
  }

  private void graph(GraphSummary graph) {
    heading("Code path " + graph.path());
    int width =
        Math.max(
            width(graph.inputs().stream().map(GraphSummary.Tensor::name).toList()),
            width(graph.outputs().stream().map(GraphSummary.Tensor::name).toList()));
    graph.inputs().forEach(i -> add("  in   %s  %s", padded(i.name(), width), i.type()));
    graph.outputs().forEach(o -> add("  out  %s  %s", padded(o.name(), width), o.type()));
    graph.operators().forEach((operator, count) -> add("  %4d %s", count, operator));
  }

  private void constants(List<ConstantSummary> constants) {
    if (constants.isEmpty()) {
      return;
    }
    heading("Constants");
    int names = width(constants.stream().map(ConstantSummary::name).toList());
    int types = width(constants.stream().map(ConstantSummary::type).toList());
    for (ConstantSummary c : constants) {
      String uses =
          c.usedIn().isEmpty()
              ? "unused"
              : c.usedIn().stream().map(CodePath::toString).collect(Collectors.joining(", "));
      add(
          "  %s  %s  %9s  %s, %s%s",
          padded(c.name(), names),
          padded(c.type(), types),
          size(c.bytes()),
          c.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          uses,
          c.sharesWith().map(o -> ", shares the memory of " + o).orElse(""));
    }
  }

  private void quantized(List<QuantizedTensor> tensors) {
    if (tensors.isEmpty()) {
      return;
    }
    heading("Quantized tensors");
    int paths = width(tensors.stream().map(t -> t.path().toString()).toList());
    int names = width(tensors.stream().map(QuantizedTensor::tensor).toList());
    for (QuantizedTensor t : tensors) {
      add(
          "  %s  %s  %s [%d, %d]  %s",
          padded(t.path().toString(), paths),
          padded(t.tensor(), names),
          t.dtype(),
          t.quantMin(),
          t.quantMax(),
          scales(t.qparams()));
    }
  }

  private static String scales(Optional<QuantizedTensor.Scales> scales) {
    if (scales.isEmpty()) {
      return "qparams chosen for each sample";
    }
    QuantizedTensor.Scales s = scales.get();
    String range = "scale " + range(number(s.smallestScale()), number(s.largestScale()));
    String zeros =
        "zero point "
            + range(Long.toString(s.smallestZeroPoint()), Long.toString(s.largestZeroPoint()));
    return s.axis().map(a -> "%d channels of axis %d, ".formatted(s.channels(), a)).orElse("")
        + range
        + ", "
        + zeros;
  }

  private static String count(int n, String noun) {
    return n + " " + noun + (n == 1 ? "" : "s");
  }

  private static String range(String low, String high) {
    return low.equals(high) ? low : low + " to " + high;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.6g", value);
  }

  /** For example {@code 12.3 KiB}. */
  private static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < 3) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %siB", value, "KMGT".charAt(unit));
  }

  private static int width(List<String> texts) {
    return texts.stream().mapToInt(String::length).max().orElse(0);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  private void heading(String text) {
    lines.add("");
    lines.add(text);
  }

  private void add(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}
