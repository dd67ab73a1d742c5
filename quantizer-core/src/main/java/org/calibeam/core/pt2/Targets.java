package org.calibeam.core.pt2;

/**
 * Names of operators: the archive's {@code torch.ops.aten.add.Tensor} is {@code aten.add.Tensor}
 * here, while Python functions ({@code _operator.mul}, {@code math.trunc}, {@code torch.sym_max})
 * keep their names.
 */
final class Targets {
  private static final String OPS = "torch.ops.";

  private Targets() {}

  static String read(JsonView json) {
    String text = json.text();
    String target = text.startsWith(OPS) ? text.substring(OPS.length()) : text;
    if (!write(target).equals(text)) {
      throw json.error("%s is no operator that Calibeam can name".formatted(text));
    }
    return target;
  }

  static String write(String target) {
    return isHigherOrder(target) || isOverload(target) ? OPS + target : target;
  }

  static boolean isHigherOrder(String target) {
    return target.startsWith("higher_order.");
  }

  /** Whether {@code target} has the form {@code namespace.operator.overload}. */
  private static boolean isOverload(String target) {
    return target.chars().filter(c -> c == '.').count() == 2
        && !target.startsWith("torch.")
        && !target.startsWith("#");
  }

  /** What a node that runs {@code target} is called if the archive does not say. */
  static String baseName(String target) {
    String[] parts = target.split("\\.", -1);
    String name = isOverload(target) ? parts[1] : parts[parts.length - 1];
    String plain = name.replaceAll("[^A-Za-z0-9_]", "_");
    return GraphWriter.NAME.matcher(plain).matches() ? plain : "node_" + plain;
  }
}
