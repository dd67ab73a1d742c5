package org.calibeam.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ServerSocket;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.junit.jupiter.api.Test;

class FlinkClusterTest {

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
