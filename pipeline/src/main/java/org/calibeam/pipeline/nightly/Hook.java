package org.calibeam.pipeline.nightly;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells of a decision: posts {@code decision.json}, or gives it to a program on its standard input.
 * Whatever comes of it, the decision stands.
 */
public final class Hook {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final long COMMAND_SECONDS = 300;
  private static final int SUCCESS = 200;
  private static final int REDIRECT = 300;

  private final NightlyJob.Hooks hooks;

  public Hook(NightlyJob.Hooks hooks) {
    this.hooks = hooks;
  }

  /**
   * Tells of {@code decision} whoever wants to know.
   *
   * @param run path of the run's folder
   * @return what went wrong, a line each
   */
  public List<String> tell(Decision decision, String run) {
    List<String> complaints = new ArrayList<>();
    if (!hooks.on().contains(decision.kind().text())) {
      return complaints;
    }
    try {
      if (!hooks.command().isEmpty()) {
        command(decision, run);
      }
    } catch (IOException e) {
      complaints.add(
          "The hook %s failed: %s. The decision stands."
              .formatted(hooks.command().get(0), e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      complaints.add("The hook %s was interrupted.".formatted(hooks.command().get(0)));
    }
    try {
      if (hooks.webhook().isPresent()) {
        post(decision, hooks.webhook().get());
      }
    } catch (IOException | IllegalArgumentException e) {
      complaints.add(
          "The webhook %s failed: %s. The decision stands."
              .formatted(hooks.webhook().orElse(""), e.getMessage() == null ? e : e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      complaints.add("The webhook was interrupted.");
    }
    return complaints;
  }

  private void command(Decision decision, String run) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(hooks.command())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("CALIBEAM_DECISION", decision.kind().text());
    builder.environment().put("CALIBEAM_RUN", run);
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(decision.toBytes());
    } catch (IOException e) {
      // It need not read what it is told; its exit status counts.
    }
    if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
      process.destroy();
      throw new IOException("it did not end within %d seconds".formatted(COMMAND_SECONDS));
    }
    if (process.exitValue() != 0) {
      throw new IOException("it ended with exit status " + process.exitValue());
    }
  }

  private static void post(Decision decision, String address)
      throws IOException, InterruptedException {
    HttpResponse<Void> answer =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .build()
            .send(
                HttpRequest.newBuilder(URI.create(address))
                    .timeout(ANSWER)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(decision.toBytes()))
                    .build(),
                HttpResponse.BodyHandlers.discarding());
    if (answer.statusCode() < SUCCESS || answer.statusCode() >= REDIRECT) {
      throw new IOException("it answered with status " + answer.statusCode());
    }
  }
}
