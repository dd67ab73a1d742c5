package org.calibeam.pipeline.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.calibeam.pipeline.nightly.NightlyJob.Hooks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HookTest {
  private static final Decision BLOCKED =
      Decision.of("000001-20261101T000000Z", "job.json", Decision.Kind.BLOCKED, List.of("why"));

  @TempDir private Path folder;

  @Test
  void tell_command_getsTheDecision() throws IOException {
    Path to = folder.resolve("told");
    Hooks hooks =
        new Hooks(
            List.of(
                "sh",
                "-c",
                "cat > \"$0\"; echo \"$CALIBEAM_DECISION $CALIBEAM_RUN\" >> \"$0\"",
                to.toString()),
            Optional.empty(),
            Set.of("blocked"));
    assertThat(new Hook(hooks).tell(BLOCKED, "/store/runs/1")).isEmpty();
    assertThat(Files.readString(to))
        .startsWith(new String(BLOCKED.toBytes(), StandardCharsets.UTF_8))
        .endsWith("blocked /store/runs/1\n");
  }

  @Test
  void tell_commandThatFails_isAComplaint() {
    Hooks failing = new Hooks(List.of("false"), Optional.empty(), Set.of("blocked"));
    assertThat(new Hook(failing).tell(BLOCKED, "x"))
        .containsExactly(
            "The hook false failed: it ended with exit status 1. The decision stands.");
    Hooks missing = new Hooks(List.of("/no/such/program"), Optional.empty(), Set.of("blocked"));
    assertThat(new Hook(missing).tell(BLOCKED, "x"))
        .singleElement()
        .asString()
        .contains("/no/such");
  }

  @Test
  void tell_webhook_isPostedTo() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
    int[] status = {200};
    server.createContext(
        "/",
        exchange -> {
          told.add(
              exchange.getRequestMethod()
                  + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(status[0], -1);
          exchange.close();
        });
    server.start();
    try {
      String address =
          "http://%s:%d/hook"
              .formatted(
                  server.getAddress().getAddress().getHostAddress(), server.getAddress().getPort());
      Hook hook = new Hook(new Hooks(List.of(), Optional.of(address), Set.of("blocked")));
      assertThat(hook.tell(BLOCKED, "x")).isEmpty();
      assertThat(told)
          .containsExactly("POST" + new String(BLOCKED.toBytes(), StandardCharsets.UTF_8));
      status[0] = 500;
      assertThat(hook.tell(BLOCKED, "x")).singleElement().asString().contains("status 500");
    } finally {
      server.stop(0);
    }
    Hook gone =
        new Hook(new Hooks(List.of(), Optional.of("http://127.0.0.1:1/"), Set.of("blocked")));
    assertThat(gone.tell(BLOCKED, "x")).hasSize(1);
  }

  @Test
  void tell_otherDecision_isNotTold() {
    Hooks hooks = new Hooks(List.of("false"), Optional.empty(), Set.of("failed"));
    assertThat(new Hook(hooks).tell(BLOCKED, "x")).isEmpty();
  }
}
