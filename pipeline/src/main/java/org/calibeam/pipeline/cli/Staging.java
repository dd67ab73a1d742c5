package org.calibeam.pipeline.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.calibeam.pipeline.publish.OutputFolder;

/** Removes what a run has staged unless it was committed, even if the process is told to end. */
final class Staging implements AutoCloseable {
  private final OutputFolder folder;
  private final Thread onExit;
  private final List<Runnable> running = new ArrayList<>();
  private boolean committed;

  private Staging(OutputFolder folder) {
    this.folder = folder;
    this.onExit = new Thread(this::abandon, "discard staged files");
  }

  static Staging of(OutputFolder folder) {
    Staging staging = new Staging(folder);
    Runtime.getRuntime().addShutdownHook(staging.onExit);
    return staging;
  }

  /** Something that still writes, and how to stop it before what it wrote is removed. */
  synchronized void stopOnExit(Runnable stop) {
    running.add(stop);
  }

  private synchronized void abandon() {
    for (Runnable stop : running) {
      try {
        stop.run();
      } catch (RuntimeException e) {
        // It may have ended by itself; what is staged goes either way.
      }
    }
    folder.discard();
  }

  <T> T commit(Function<OutputFolder, T> commit) {
    T result = commit.apply(folder);
    committed = true;
    return result;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      return; // The process is ending, and the hook runs.
    }
    if (!committed) {
      folder.discard();
    }
  }
}
