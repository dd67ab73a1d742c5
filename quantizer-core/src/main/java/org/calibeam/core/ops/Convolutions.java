package org.calibeam.core.ops;

import java.util.Set;
import org.calibeam.core.graph.Node;

/** The convolutions that an exported program calls, in one to three dimensions. */
public final class Convolutions {
  private static final Set<String> TARGETS =
      Set.of(
          "aten.conv1d.default",
          "aten.conv1d.padding",
          "aten.conv2d.default",
          "aten.conv2d.padding",
          "aten.conv3d.default",
          "aten.conv3d.padding");

  private Convolutions() {}

  /** Whether {@code call} is one of them; transposed ones are not. */
  public static boolean includes(Node.Call call) {
    return TARGETS.contains(call.target());
  }
}
