package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.util.UserCodeException;
import org.apache.flink.runtime.executiongraph.failover.ExecutionFailureHandler;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinalFailureTest {
  @TempDir private Path folder;

  @Test
  void unlessRepeatable_damagedFile_isNotTriedAgainByFlink() throws IOException {
    Path file = Files.writeString(folder.resolve("damaged.npz"), "no archive");
    Shard shard = new Shard(file.toString(), Files.size(file));

    Throwable thrown = catchThrowable(() -> FinalFailure.unlessRepeatable(shard::parts));

    assertThat(thrown).hasCauseInstanceOf(SamplesException.class);
    assertThat(isFinalForFlink(thrown)).isTrue();
  }

  @Test
  void unlessRepeatable_fileOutOfReach_isTriedAgainByFlink() {
    Shard shard = new Shard(folder.resolve("gone.npz").toString(), 100);

    Throwable thrown = catchThrowable(() -> FinalFailure.unlessRepeatable(shard::parts));

    assertThat(thrown).isInstanceOf(SamplesException.class);
    assertThat(isFinalForFlink(thrown)).isFalse();
  }

  @Test
  void unlessRepeatable_fullDisk_isTriedAgainByFlink() {
    ConfigurationException full =
        new ConfigurationException("Cannot write", new IOException("No space left on device"));

    Throwable thrown =
        catchThrowable(
            () ->
                FinalFailure.unlessRepeatable(
                    () -> {
                      throw full;
                    }));

    assertThat(thrown).isSameAs(full);
  }

  @Test
  void unlessRepeatable_ourBug_isTriedAgainByFlink() {
    Throwable thrown =
        catchThrowable(() -> FinalFailure.unlessRepeatable(() -> List.of().iterator().next()));

    assertThat(isFinalForFlink(thrown)).isFalse();
  }

  /** As Flink's job manager judges what a task threw. */
  private static boolean isFinalForFlink(Throwable thrown) {
    return ExecutionFailureHandler.isUnrecoverableError(UserCodeException.wrap(thrown));
  }
}
