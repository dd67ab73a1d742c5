package org.calibeam.pipeline.nightly;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * Keeps a store to one run at a time, on file systems without a way to create a file only if it is
 * not there: each process writes a {@link Claim} of its own and only then looks for others. It goes
 * on if it is alone, so two that come at once see each other whatever the order of their writes;
 * the one with the lesser id then waits for the other to step back. What is needed of the file
 * system is that a file which was written is listed from then on.
 *
 * <p>A claim of a process that is no more is removed: at once on the same machine, else when it was
 * not renewed for {@link Claim#EXPIRES}.
 */
public final class StoreLock implements AutoCloseable {
  /** Says that another run holds the store. */
  public static final class HeldException extends ConfigurationException {
    private static final long serialVersionUID = 1;

    HeldException(String message) {
      super(message);
    }
  }

  private static final String FOLDER = "locks/";
  private static final int TRIES = 20;
  private static final long PAUSE_MILLIS = 100;

  private final StoreFiles files;
  private final Clock clock;
  private final Claim claim;
  private final ScheduledExecutorService renewing;

  private StoreLock(StoreFiles files, Clock clock, Claim claim) {
    this.files = files;
    this.clock = clock;
    this.claim = claim;
    this.renewing =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "renew the lock of the store");
              thread.setDaemon(true);
              return thread;
            });
    renewing.scheduleWithFixedDelay(this::renew, 1, 1, TimeUnit.MINUTES);
  }

  /**
   * Takes the store.
   *
   * @throws HeldException if another run has it
   */
  static StoreLock take(StoreFiles files, Clock clock) {
    Claim claim = Claim.of(UUID.randomUUID().toString(), clock.instant());
    boolean taken = false;
    try {
      files.write(file(claim), claim.toBytes());
      waitUntilAlone(files, clock, claim);
      taken = true;
      return new StoreLock(files, clock, claim);
    } finally {
      if (!taken) {
        claim.drop();
        files.delete(file(claim));
      }
    }
  }

  private static void waitUntilAlone(StoreFiles files, Clock clock, Claim claim) {
    for (int i = 0; ; i++) {
      List<String> others = others(files, clock, claim);
      if (others.isEmpty()) {
        return;
      }
      boolean steppingBack = file(claim).compareTo(others.get(0)) > 0;
      if (steppingBack || i == TRIES) {
        throw held(files, others.get(0));
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw held(files, others.get(0));
      }
    }
  }

  /** Files of the claims of others, without those of the dead, which are removed. */
  private static List<String> others(StoreFiles files, Clock clock, Claim claim) {
    List<String> others = new ArrayList<>();
    for (String name : files.list(FOLDER + "*.json")) {
      if (name.equals(file(claim))) {
        continue;
      }
      Optional<Claim> other = read(files, name);
      if (other.isPresent() && other.get().isDead(clock.instant())) {
        files.delete(name);
      } else if (other.isPresent() || files.exists(name)) {
        others.add(name);
      }
    }
    return others;
  }

  private static HeldException held(StoreFiles files, String other) {
    String who = read(files, other).map(Claim::toString).orElse("a process that began just now");
    return new HeldException(
        "Another run uses the store %s: %s. Wait for its end; if it is gone for good, delete %s."
            .formatted(files.root(), who, files.root() + other));
  }

  private static String file(Claim claim) {
    return FOLDER + claim.file();
  }

  private static Optional<Claim> read(StoreFiles files, String name) {
    return files
        .read(name)
        .flatMap(content -> Claim.read(name.substring(FOLDER.length()), content));
  }

  private void renew() {
    try {
      if (files.exists(file(claim))) {
        files.write(file(claim), claim.renewedAt(clock.instant()).toBytes());
      }
    } catch (ConfigurationException e) {
      // Asked before anything is published; until then another minute may bring luck.
    }
  }

  /**
   * Checks that nobody took the store for abandoned meanwhile.
   *
   * @throws HeldException if somebody did
   */
  void requireHeld() {
    if (!files.exists(file(claim))) {
      throw new HeldException(
          "The store %s was taken by another run while this one seemed dead. Run the job again."
              .formatted(files.root()));
    }
  }

  @Override
  public void close() {
    renewing.shutdownNow();
    claim.drop();
    files.delete(file(claim));
  }
}
