package org.calibeam.core.inspect;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.calibeam.core.graph.CodePath;

/**
 * An inspection as lines of text, for a terminal of 80 columns unless names are long or ends of a
 * range have exponents.
 */
final class Listing {
  private static final int WIDTH = 80;

  /** Columns for the name of a quantized tensor; a longer one has a line of its own. */
  private static final int NAME = 15;

  private static final String ROW = "  %s  %-12s  %-22s  %4s  %s";

  private final List<String> lines = new ArrayList<>();

  private Listing() {}

  static List<String> of(Inspection inspection) {
    Listing listing = new Listing();
    listing.add(
        "%s",
        inspection.versions().entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", ")));
    boolean quantized = !inspection.quantized().isEmpty();
    listing.add(
        "%s, %s, %s, %s",
        count(inspection.graphs().size(), "graph"),
        count(inspection.graphs().stream().mapToInt(GraphSummary::calls).sum(), "call"),
        count(inspection.quantized().size(), "quantized tensor"),
        count(inspection.problems().size(), "problem"));
    listing.add(
        "%s of %s%s",
        count(inspection.constants().size(), "constant"),
        size(inspection.bytes()),
        quantized ? ", in floating point " + size(inspection.floatingBytes()) : "");
    inspection.graphs().forEach(graph -> listing.graph(graph, quantized));
    listing.constants(inspection.constants());
    inspection.graphs().forEach(graph -> listing.quantized(graph.path(), inspection));
    if (!inspection.problems().isEmpty()) {
      listing.heading("Problems");
      inspection.problems().forEach(p -> listing.add("  %s", p));
    }
    return listing.lines;
  }

  private void graph(GraphSummary graph, boolean quantized) {
    heading("Code path " + graph.path());
    if (quantized) {
      add(
          "  %d of %s on integers%s",
          graph.computing() - graph.floating().size(),
          count(graph.computing(), "operator"),
          graph.floating().isEmpty() ? "" : ", in floating point:");
      wrapped("    ", graph.floating());
    }
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
    List<ConstantSummary> values = constants.stream().filter(c -> !c.isQParams()).toList();
    int names = width(values.stream().map(ConstantSummary::name).toList());
    int types = width(values.stream().map(ConstantSummary::type).toList());
    Map<String, List<ConstantSummary>> byUse =
        values.stream()
            .collect(Collectors.groupingBy(Listing::use, TreeMap::new, Collectors.toList()));
    byUse.forEach(
        (use, used) -> {
          heading("Constants" + use);
          used.forEach(c -> add("%s", constant(c, names, types)));
        });
    int qparams = constants.size() - values.size();
    if (qparams > 0) {
      heading("Scales and zero points");
      add(
          "  %s of %s",
          count(qparams, "constant"),
          size(
              constants.stream()
                  .filter(ConstantSummary::isQParams)
                  .mapToLong(ConstantSummary::bytes)
                  .sum()));
    }
  }

  private static String use(ConstantSummary constant) {
    return constant.usedIn().isEmpty()
        ? " that nothing uses"
        : constant.usedIn().stream()
            .map(CodePath::toString)
            .collect(Collectors.joining(", ", " of ", ""));
  }

  private static String constant(ConstantSummary c, int names, int types) {
    return "  %s  %s  %9s  %s%s"
        .formatted(
            padded(c.name(), names),
            padded(c.type(), types),
            size(c.bytes()),
            c.type().startsWith("int") && !c.readers().isEmpty()
                ? c.readers().get(0)
                : c.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
            c.sharesWith().map(o -> ", shares the memory of " + o).orElse(""));
  }

  private void quantized(CodePath path, Inspection inspection) {
    List<QuantizedTensor> tensors =
        inspection.quantized().stream().filter(t -> t.path().equals(path)).toList();
    if (tensors.isEmpty()) {
      return;
    }
    heading("Quantized tensors of " + path);
    add(ROW, padded("tensor", NAME), "integers", "scale", "zero", "covers");
    for (QuantizedTensor t : tensors) {
      String name = name(t, inspection.constants());
      if (name.length() > NAME) {
        add("  %s", name);
        name = "";
      }
      add(
          ROW,
          padded(name, NAME),
          integers(t),
          t.qparams().map(Listing::scale).orElse("chosen for each sample"),
          t.qparams().map(Listing::zero).orElse(""),
          covers(t));
    }
  }

  /** A constant by the argument that it is. */
  private static String name(QuantizedTensor tensor, List<ConstantSummary> constants) {
    return constants.stream()
        .filter(c -> tensor.origin() != QuantizedTensor.Origin.ACTIVATION)
        .filter(c -> c.name().equals(tensor.tensor()) && !c.readers().isEmpty())
        .map(c -> c.readers().get(0) + (c.readers().size() > 1 ? " …" : ""))
        .findFirst()
        .orElse(tensor.tensor());
  }

  /** The type, with the range where it is narrower than the type's by more than one. */
  private static String integers(QuantizedTensor t) {
    long greatest = (1L << (8 * t.dtype().bytes() - 1)) - 1;
    boolean whole = t.quantMax() == greatest && t.quantMin() == -greatest - 1;
    if (whole || t.dtype().bytes() > 2) {
      return t.dtype().torchName();
    }
    return t.quantMin() == -t.quantMax()
        ? t.dtype().torchName() + " ±" + t.quantMax()
        : "%s %d..%d".formatted(t.dtype().torchName(), t.quantMin(), t.quantMax());
  }

  private static String scale(QuantizedTensor.Scales s) {
    return range(number(s.smallestScale()), number(s.largestScale()));
  }

  private static String zero(QuantizedTensor.Scales s) {
    return range(Long.toString(s.smallestZeroPoint()), Long.toString(s.largestZeroPoint()));
  }

  private static String covers(QuantizedTensor t) {
    if (t.qparams().isEmpty()) {
      return "";
    }
    QuantizedTensor.Scales s = t.qparams().get();
    if (s.axis().isPresent()) {
      return count(s.channels(), "channel")
          + (s.axis().get() == 0 ? "" : ", axis " + s.axis().get());
    }
    return range(
        number((t.quantMin() - s.smallestZeroPoint()) * s.smallestScale()),
        number((t.quantMax() - s.smallestZeroPoint()) * s.smallestScale()));
  }

  private static String count(int n, String noun) {
    return n + " " + noun + (n == 1 ? "" : "s");
  }

  private static String range(String low, String high) {
    return low.equals(high) ? low : low + " to " + high;
  }

  private static String number(double value) {
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-3 || size >= 1e6)) {
      return String.format(Locale.ROOT, "%.3e", value);
    }
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
    return rounded.signum() == 0 ? "0" : rounded.toPlainString();
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

  /** Words in lines of at most {@link #WIDTH} columns. */
  private void wrapped(String indent, List<String> words) {
    StringBuilder line = new StringBuilder(indent);
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i) + (i < words.size() - 1 ? ", " : "");
      if (line.length() > indent.length()
          && line.length() + word.stripTrailing().length() > WIDTH) {
        add("%s", line);
        line = new StringBuilder(indent);
      }
      line.append(word);
    }
    if (line.length() > indent.length()) {
      add("%s", line);
    }
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
