package org.calibeam.core.annotate;

import java.util.List;

/**
 * Nodes that were considered for quantization together and turned down.
 *
 * @param nodes their names, in graph order
 * @param reason one sentence for the report
 */
public record Rejection(List<String> nodes, String reason) {
  public Rejection {
    nodes = List.copyOf(nodes);
  }
}
