package org.calibeam.core.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.graph.Argument;

/**
 * Reads the text that PyTorch prints for a {@code FunctionSchema}, the namespace separated by a
 * dot: {@code aten.sum.default(Tensor self, *, ScalarType? dtype=None) -> Tensor}.
 */
final class SchemaParser {
  private static final Pattern LINE = Pattern.compile("([^(]+)\\((.*)\\) -> (.*)");
  private static final Pattern ALIAS = Pattern.compile("\\([a-z](!?)( -> [*a-z|]+)?\\)");

  private SchemaParser() {}

  static Schema parse(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalStateException("Not a schema: " + line);
    }
    List<Schema.Parameter> parameters = new ArrayList<>();
    boolean keywordOnly = false;
    for (String part : split(matcher.group(2))) {
      if (part.equals("*")) {
        keywordOnly = true;
      } else {
        parameters.add(parameter(part, keywordOnly));
      }
    }
    String results = ALIAS.matcher(matcher.group(3)).replaceAll("");
    if (results.startsWith("(")) {
      results = results.substring(1, results.length() - 1);
    }
    List<String> types = split(results).stream().map(r -> r.split(" ", 2)[0]).toList();
    return new Schema(matcher.group(1), parameters, types);
  }

  private static Schema.Parameter parameter(String text, boolean keywordOnly) {
    boolean written = text.contains("!");
    String plain = ALIAS.matcher(text).replaceAll("");
    int space = plain.indexOf(' ');
    String type = plain.substring(0, space);
    String rest = plain.substring(space + 1);
    int equals = rest.indexOf('=');
    if (equals < 0) {
      return new Schema.Parameter(rest, type, keywordOnly, Optional.empty(), written);
    }
    Argument value = literal(type, rest.substring(equals + 1));
    return new Schema.Parameter(
        rest.substring(0, equals), type, keywordOnly, Optional.of(value), written);
  }

  private static Argument literal(String type, String text) {
    if (text.equals("None")) {
      return Argument.NONE;
    }
    if (text.startsWith("\"")) {
      return new Argument.StringValue(text.substring(1, text.length() - 1));
    }
    if (text.startsWith("[")) {
      return new Argument.IntList(
          split(text.substring(1, text.length() - 1)).stream().map(Long::valueOf).toList());
    }
    if (type.equals("bool")) {
      return Argument.of(Boolean.parseBoolean(text));
    }
    if (type.startsWith("MemoryFormat")) {
      return Argument.MemoryFormat.CONTIGUOUS;
    }
    if (type.startsWith("float") || text.contains(".") || text.contains("e")) {
      return Argument.of(Double.parseDouble(text));
    }
    return Schema.oneForList(type, new Argument.IntValue(Long.parseLong(text)));
  }

  /** Splits at commas outside brackets and quotes. */
  private static List<String> split(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : ',';
      if (c == '[' || c == '(') {
        depth++;
      } else if (c == ']' || c == ')') {
        depth--;
      } else if (c == ',' && depth == 0) {
        String part = text.substring(start, i).strip();
        if (!part.isEmpty()) {
          parts.add(part);
        }
        start = i + 1;
      }
    }
    return parts;
  }
}
