package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code current.json}: which run is published, and how it came to that.
 *
 * @param run the published one
 * @param lastRun number of the last run when this was written: a later one that was to be published
 *     is not yet
 * @param switches oldest first, the last one to {@code run}
 */
record Current(RunId run, long lastRun, List<Switch> switches) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** A year and more of nights that publish. */
  private static final int MOST_SWITCHES = 500;

  static final String ROLLBACK = "rollback";

  /**
   * One change of what is published.
   *
   * @param from the run that was published before; empty for the first
   * @param by why: {@code published} or {@code rollback}
   */
  record Switch(String run, String from, String at, String by) {}

  Current {
    switches =
        List.copyOf(
            switches.subList(Math.max(0, switches.size() - MOST_SWITCHES), switches.size()));
  }

  /** The run that was published before this one; empty for the first. */
  Optional<RunId> before() {
    return RunId.parse(switches.get(switches.size() - 1).from());
  }

  /** Runs that were rolled back from, and not published again since. */
  Set<String> abandoned() {
    Set<String> abandoned = new LinkedHashSet<>();
    for (Switch change : switches) {
      abandoned.remove(change.run());
      if (change.by().equals(ROLLBACK)) {
        abandoned.add(change.from());
      }
    }
    return abandoned;
  }

  byte[] toBytes() {
    ObjectNode root =
        JsonNodeFactory.instance
            .objectNode()
            .put("format", 1)
            .put("run", run.text())
            .put("model", "runs/" + run.text() + "/model.pt2")
            .put("lastRun", lastRun);
    ArrayNode list = root.putArray("switches");
    for (Switch change : switches) {
      list.addObject()
          .put("run", change.run())
          .put("from", change.from())
          .put("at", change.at())
          .put("by", change.by());
    }
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree can be written", e);
    }
  }

  /** What {@link #toBytes} wrote; empty if it is half written or something else. */
  static Optional<Current> read(byte[] bytes) {
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (IOException e) {
      return Optional.empty();
    }
    Optional<RunId> run = RunId.parse(root.path("run").asText());
    List<Switch> switches = new ArrayList<>();
    for (JsonNode change : root.path("switches")) {
      switches.add(
          new Switch(
              change.path("run").asText(),
              change.path("from").asText(),
              change.path("at").asText(),
              change.path("by").asText()));
    }
    return run.isEmpty() || switches.isEmpty() || !root.path("lastRun").isIntegralNumber()
        ? Optional.empty()
        : Optional.of(new Current(run.get(), root.path("lastRun").asLong(), switches));
  }
}
