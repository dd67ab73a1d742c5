package org.calibeam.core.interp;

import org.calibeam.core.graph.CodePath;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.graph.Node;
import org.calibeam.core.observe.SamplesException;

/** The call a step comes from, for messages. */
record Origin(Node.Call call, CodePath path) {
  /** libtorch appends the C++ stack after this. */
  private static final String NATIVE_STACK = "Exception raised from";

  /** The call cannot run for any sample: {@code reason} says why, {@code advice} what to do. */
  ModelException impossible(String reason, String advice) {
    return new ModelException("Cannot run %s: %s. %s".formatted(this, reason, advice));
  }

  /** The call failed for the current sample. */
  SamplesException failed(RuntimeException cause) {
    return new SamplesException(
        "The sample makes %s fail: %s. Leave the sample out, or export the model again if all fail."
            .formatted(this, reason(cause)),
        cause);
  }

  private static String reason(RuntimeException cause) {
    String message = String.valueOf(cause.getMessage());
    int stack = message.indexOf(NATIVE_STACK);
    String text = stack < 0 ? message : message.substring(0, stack);
    String line = text.strip().replaceAll("\\s*\\R\\s*", "; ");
    return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
  }

  @Override
  public String toString() {
    return "%s (%s in %s)"
        .formatted(DecomposedOperators.originalName(call.name()), call.target(), path);
  }
}
