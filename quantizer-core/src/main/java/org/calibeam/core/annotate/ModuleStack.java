package org.calibeam.core.annotate;

import java.util.ArrayList;
import java.util.List;
import org.calibeam.core.graph.Node;

/**
 * The modules that a node was traced in, outermost first, read from {@code nn_module_stack}.
 *
 * <p>The metadata joins entries {@code key,path,type} by semicolons; a comma within brackets does
 * not separate.
 */
public record ModuleStack(List<Module> modules) {

  /** Metadata key of the stack. */
  public static final String KEY = "nn_module_stack";

  /**
   * Metadata key of a stack that was worked out for a node which the exporter gave none; wins over
   * {@link #KEY} and is not written to an archive.
   */
  public static final String DERIVED_KEY = "calibeam.nn_module_stack";

  /**
   * One module.
   *
   * @param path for example {@code blocks.0.conv}; empty for the model itself
   * @param type fully qualified class name
   */
  public record Module(String path, String type) {}

  public ModuleStack {
    modules = List.copyOf(modules);
  }

  public static ModuleStack of(Node node) {
    String text = node.metadata().get(DERIVED_KEY);
    if (text == null) {
      text = node.metadata().get(KEY);
    }
    List<Module> modules = new ArrayList<>();
    if (text != null) {
      for (String entry : text.split(";", -1)) {
        List<String> fields = fields(entry);
        if (fields.size() == 3) {
          modules.add(new Module(strip(fields.get(1)), fields.get(2)));
        }
      }
    }
    return new ModuleStack(modules);
  }

  private static List<String> fields(String entry) {
    List<String> fields = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < entry.length(); i++) {
      char c = entry.charAt(i);
      if (c == '(' || c == '[' || c == '{') {
        depth++;
      } else if (c == ')' || c == ']' || c == '}') {
        depth--;
      } else if (c == ',' && depth == 0) {
        fields.add(entry.substring(start, i));
        start = i + 1;
      }
    }
    fields.add(entry.substring(start));
    return fields;
  }

  private static String strip(String path) {
    String prefix = "L['self'].";
    return path.startsWith(prefix) ? path.substring(prefix.length()) : path;
  }

  public boolean hasPath(String path) {
    return modules.stream().anyMatch(m -> m.path().equals(path));
  }

  public boolean hasType(String type) {
    return modules.stream().anyMatch(m -> isType(m.type(), type));
  }

  /**
   * Whether {@code wanted} names the class {@code actual}: its full name, or for PyTorch's own
   * modules the public alias, {@code torch.nn.Linear} for {@code torch.nn.modules.linear.Linear}.
   */
  static boolean isType(String actual, String wanted) {
    if (actual.equals(wanted)) {
      return true;
    }
    String alias = "torch.nn.";
    return wanted.startsWith(alias)
        && wanted.indexOf('.', alias.length()) < 0
        && actual.startsWith("torch.nn.modules.")
        && actual.endsWith("." + wanted.substring(alias.length()));
  }
}
