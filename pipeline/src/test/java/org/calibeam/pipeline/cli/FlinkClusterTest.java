package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FlinkClusterTest {
  private final HttpServer server =
      HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);

  FlinkClusterTest() throws IOException {}

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void failureIn_traceOfOurs_isOursWithItsWholeMessage() {
    String trace =
        """
        org.apache.flink.runtime.JobException: Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy
        \tat org.apache.flink.runtime.Handler.handle(Handler.java:1)
        Caused by: org.apache.beam.sdk.util.UserCodeException: org.calibeam.core.observe.SamplesException: Bad sample
        \tat org.apache.beam.sdk.util.UserCodeException.wrap(UserCodeException.java:1)
        Caused by: org.calibeam.core.observe.SamplesException: Bad sample a.npz#3 (/a.npz): input 0: element 1 is NaN. Repair it.
        \tat org.calibeam.pipeline.observe.CalibrateFn.checkLimit(CalibrateFn.java:1)
        \t... 3 more
        """;

    assertThat(FlinkCluster.failureIn(trace))
        .isInstanceOf(SamplesException.class)
        .hasMessage("Bad sample a.npz#3 (/a.npz): input 0: element 1 is NaN. Repair it.");
  }

  @Test
  void failureIn_otherTrace_isInnermostCause() {
    assertThat(FlinkCluster.failureIn("a.B: x\n\tat a.C\nCaused by: d.E: no room\n\tat f.G\n"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The job failed on Flink: d.E: no room");
  }

  @Test
  void failure_answerFromBeforeTheFailure_isAskedForAgain() {
    AtomicInteger asked = new AtomicInteger();
    FlinkCluster cluster =
        answering(
            path -> {
              String root =
                  asked.getAndIncrement() < 3
                      ? "null"
                      : "\"org.calibeam.core.observe.SamplesException: Bad sample\"";
              return path.equals("/jobs/overview")
                  ? "{\"jobs\": [{\"name\": \"nightly\", \"jid\": \"1\"}]}"
                  : "{\"root-exception\": " + root + "}";
            });

    assertThat(cluster.failure("nightly"))
        .isInstanceOf(SamplesException.class)
        .hasMessage("Bad sample");
  }

  @Test
  void slots_taskManagersThatHaveJustRegistered_areWaitedFor() {
    AtomicInteger asked = new AtomicInteger();
    FlinkCluster cluster =
        answering(
            path ->
                "{\"taskmanagers\": 2, \"slots-total\": %d}"
                    .formatted(asked.getAndIncrement() < 2 ? 0 : 2));

    assertThat(cluster.slots()).isEqualTo(2);
  }

  @Test
  void slots_noTaskManager_isRefusedAtOnce() {
    AtomicInteger asked = new AtomicInteger();
    FlinkCluster cluster =
        answering(
            path -> {
              asked.getAndIncrement();
              return "{\"taskmanagers\": 0, \"slots-total\": 0}";
            });

    assertThatThrownBy(() -> cluster.slots())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("has no task manager");
    assertThat(asked).hasValue(1);
  }

  /** The cluster of a job manager that knows the answer to each path. */
  private FlinkCluster answering(UnaryOperator<String> answers) {
    server.createContext(
        "/",
        exchange -> {
          byte[] answer =
              answers.apply(exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    return FlinkCluster.at("127.0.0.1:" + server.getAddress().getPort());
  }

  @Test
  void slots_nobodyListens_saysWhatToDo() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }

    assertThatThrownBy(() -> FlinkCluster.at("127.0.0.1:" + free).slots())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot reach a Flink cluster at 127.0.0.1:" + free)
        .hasMessageContaining("--flinkMaster");
  }
}
