package org.calibeam.pipeline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * A running Flink cluster as its REST interface shows it (Flink 1.19, "REST API"). Beam's runner
 * submits jobs; this only asks.
 */
final class FlinkCluster {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Several times what Flink keeps an answer for, 3 s unless configured. */
  private static final int STALE_SECONDS = 15;

  /** An exception of ours as a stack trace shows it: who must act, and the message. */
  private static final Pattern OURS =
      Pattern.compile(
          "org\\.calibeam\\.core\\.(?:graph|observe|qspec)\\.(ModelException|SamplesException|ConfigurationException): (.*?)(?=\\n\\s+at |\\nCaused by|\\z)",
          Pattern.DOTALL);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final String master;

  private FlinkCluster(String master) {
    this.master = master;
  }

  /**
   * @param master {@code HOST:PORT} of the job manager's REST interface
   */
  static FlinkCluster at(String master) {
    return new FlinkCluster(master.replaceFirst("^https?://", ""));
  }

  /**
   * Slots of all task managers. A task manager that has just registered tells of its slots a little
   * later: that is waited for.
   *
   * @throws ConfigurationException if there are none, or no cluster answers
   */
  int slots() {
    JsonNode overview = get("overview");
    for (int waited = 0;
        waited < STALE_SECONDS && isComingUp(overview) && sleptASecond();
        waited++) {
      overview = get("overview");
    }
    int slots = overview.path("slots-total").asInt();
    if (slots == 0) {
      throw new ConfigurationException(
          "The Flink cluster at %s has no task manager. Start one, or wait until it has registered."
              .formatted(master));
    }
    return slots;
  }

  private static boolean isComingUp(JsonNode overview) {
    return overview.path("taskmanagers").asInt() > 0 && overview.path("slots-total").asInt() == 0;
  }

  /** False if the thread is to end. */
  private static boolean sleptASecond() {
    try {
      Thread.sleep(1000);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Whether task managers have libtorch on their own class path, as {@code deploy/flink} sets them
   * up: then jobs must use that one, and need not bring it.
   */
  boolean hasLibtorch() {
    for (JsonNode entry : get("jobmanager/config")) {
      if (entry.path("key").asText().startsWith("classloader.parent-first-patterns")
          && entry.path("value").asText().contains("org.bytedeco")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Why the job of this name failed, as the exception that says who must act.
   *
   * <p>Flink answers for some seconds with what it knew when it was last asked about the job
   * ({@code web.refresh-interval}), which may be from before the failure: then it is asked again.
   */
  RuntimeException failure(String jobName) {
    String trace = rootException(jobName);
    for (int waited = 0; trace.isBlank() && waited < STALE_SECONDS && sleptASecond(); waited++) {
      trace = rootException(jobName);
    }
    return failureIn(trace);
  }

  private String rootException(String jobName) {
    return jobId(jobName)
        .map(id -> get("jobs/" + id + "/exceptions").path("root-exception").asText(""))
        .orElse("");
  }

  static RuntimeException failureIn(String trace) {
    Matcher ours = OURS.matcher(trace);
    String type = "";
    String message = "";
    while (ours.find()) { // the innermost says it best
      type = ours.group(1);
      message = ours.group(2).strip();
    }
    return switch (type) {
      case "ModelException" -> new ModelException(message);
      case "SamplesException" -> new SamplesException(message);
      case "ConfigurationException" -> new ConfigurationException(message);
      default ->
          new IllegalStateException(
              "The job failed on Flink: "
                  + (trace.isBlank() ? "it does not say why" : innermost(trace)));
    };
  }

  private static String innermost(String trace) {
    String cause = trace.lines().findFirst().orElse("");
    for (String line : trace.lines().toList()) {
      if (line.startsWith("Caused by: ")) {
        cause = line.substring("Caused by: ".length());
      }
    }
    return cause;
  }

  private Optional<String> jobId(String jobName) {
    for (JsonNode job : get("jobs/overview").path("jobs")) {
      if (job.path("name").asText().equals(jobName)) {
        return Optional.of(job.path("jid").asText());
      }
    }
    return Optional.empty();
  }

  private JsonNode get(String path) {
    try {
      HttpResponse<byte[]> answer =
          client.send(
              HttpRequest.newBuilder(URI.create("http://" + master + "/" + path))
                  .timeout(PATIENCE)
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw new IOException("it answers %d to %s".formatted(answer.statusCode(), path));
      }
      return JSON.readTree(answer.body());
    } catch (IOException | IllegalArgumentException e) {
      throw unreachable(String.valueOf(e.getMessage() == null ? e : e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable("interrupted", e);
    }
  }

  private ConfigurationException unreachable(String why, Throwable cause) {
    return new ConfigurationException(
        "Cannot reach a Flink cluster at %s: %s. Start it (deploy/flink/cluster start), or check --flinkMaster."
            .formatted(master, why),
        cause);
  }
}
