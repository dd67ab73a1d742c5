package org.calibeam.pipeline.nightly;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;
import org.calibeam.core.qspec.ConfigurationException;
import org.calibeam.pipeline.combine.RunStatistics;
import org.calibeam.pipeline.combine.StatisticsFile;
import org.calibeam.pipeline.publish.Baseline;
import org.calibeam.pipeline.publish.OutputFolder;

/**
 * A published run with what later ones are compared with.
 *
 * @param decision its {@code decision.json}
 */
record Published(RunStore store, RunId id, JsonNode decision, Candidate model) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The run called {@code id}; empty if it is no longer there.
   *
   * @throws ConfigurationException if its files cannot be read
   */
  static Optional<Published> of(RunStore store, RunId id) {
    Optional<byte[]> decision = store.read(id, RunStore.DECISION);
    if (decision.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Published(
              store,
              id,
              JSON.readTree(decision.get()),
              new Candidate(JSON.readTree(file(store, id, OutputFolder.REPORT)))));
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot read run %s of the store %s: %s. Roll back to another run."
              .formatted(id, store.path(), e.getMessage()),
          e);
    }
  }

  private static byte[] file(RunStore store, RunId id, String name) {
    return store
        .read(id, name)
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "Run %s of the store %s has no %s any more. Roll back to another run."
                        .formatted(id, store.path(), name)));
  }

  RunStatistics statistics() {
    String name = OutputFolder.STATISTICS;
    try {
      return StatisticsFile.read(
          new ByteArrayInputStream(file(store, id, name)), store.path(id, name));
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot read %s: %s. Roll back to another run."
              .formatted(store.path(id, name), e.getMessage()),
          e);
    }
  }

  /** What moved since, as {@code since} of a report. */
  ObjectNode since(JsonNode report) {
    return new Baseline("run " + id, model.report()).compare(report);
  }

  String modelPath() {
    return store.path(id, OutputFolder.MODEL);
  }
}
