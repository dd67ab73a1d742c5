package org.calibeam.pipeline.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreLockTest {
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir private Path folder;
  private StoreFiles files = new StoreFiles("");

  @BeforeEach
  void files() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    files = StoreFiles.at(folder.toString());
  }

  private List<Path> claims() throws IOException {
    if (!Files.exists(folder.resolve("locks"))) {
      return List.of();
    }
    try (Stream<Path> claims = Files.list(folder.resolve("locks"))) {
      return claims.toList();
    }
  }

  private void writeClaim(Claim claim, int bytes) throws IOException {
    Files.createDirectories(folder.resolve("locks"));
    byte[] content = claim.toBytes();
    Files.write(
        folder.resolve("locks").resolve(claim.file()),
        Arrays.copyOf(content, Math.min(bytes, content.length)));
  }

  @Test
  void take_twice_secondNamesTheFirst() throws IOException {
    try (StoreLock first = StoreLock.take(files, CLOCK)) {
      first.requireHeld();
      assertThatThrownBy(() -> StoreLock.take(files, CLOCK))
          .isInstanceOf(StoreLock.HeldException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid() + " on ");
      assertThat(claims()).hasSize(1);
    }
    assertThat(claims()).isEmpty();
    StoreLock.take(files, CLOCK).close();
  }

  @Test
  void take_manyAtOnce_oneOrNoneHasIt() throws Exception {
    int many = 6;
    ExecutorService threads = Executors.newFixedThreadPool(many);
    CountDownLatch done = new CountDownLatch(many);
    List<Future<Boolean>> results = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      results.add(
          threads.submit(
              () -> {
                try (StoreLock lock = StoreLock.take(files, CLOCK)) {
                  done.countDown();
                  done.await(); // so that it is held until all have tried
                  return true;
                } catch (StoreLock.HeldException e) {
                  done.countDown();
                  return false;
                }
              }));
    }
    int held = 0;
    for (Future<Boolean> result : results) {
      held += result.get() ? 1 : 0;
    }
    threads.shutdown();
    assertThat(held).isLessThanOrEqualTo(1);
    assertThat(claims()).isEmpty();
    StoreLock.take(files, CLOCK).close();
  }

  @Test
  void take_claimOfADeadProcess_isRemovedEvenIfHalfWritten() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Instant now = CLOCK.instant();
    Claim mine = Claim.of("aa", now);
    mine.drop();
    Claim claim = new Claim("bb", mine.host(), dead.pid(), 5, now, now);
    for (int bytes : new int[] {0, 10, Integer.MAX_VALUE}) {
      writeClaim(claim, bytes);
      writeClaim(mine, bytes); // of this process, but of nobody in it
      StoreLock.take(files, CLOCK).close();
      assertThat(claims()).isEmpty();
    }
  }

  @Test
  void take_claimFromElsewhere_holdsUntilItExpires() throws IOException {
    Instant now = CLOCK.instant();
    Claim there = new Claim("cc", "elsewhere", 1, 5, now.minusSeconds(9000), now);
    writeClaim(there, Integer.MAX_VALUE);
    assertThatThrownBy(() -> StoreLock.take(files, CLOCK))
        .isInstanceOf(StoreLock.HeldException.class)
        .hasMessageContaining(
            "process 1 on elsewhere since " + there.since().truncatedTo(ChronoUnit.MILLIS));
    writeClaim(there.renewedAt(now.minus(Claim.EXPIRES).minusSeconds(1)), Integer.MAX_VALUE);
    StoreLock.take(files, CLOCK).close();
    assertThat(claims()).isEmpty();
  }

  @Test
  void requireHeld_claimRemovedByAnother_isNoticed() throws IOException {
    try (StoreLock lock = StoreLock.take(files, CLOCK)) {
      Files.delete(claims().get(0));
      assertThatThrownBy(lock::requireHeld).isInstanceOf(StoreLock.HeldException.class);
    }
  }
}
