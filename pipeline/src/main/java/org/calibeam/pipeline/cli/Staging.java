package org.calibeam.pipeline.cli;

import java.util.function.Function;
import org.calibeam.pipeline.publish.OutputFolder;

/** Removes what a run has staged unless it was committed, even if the process is told to end. */
final class Staging implements AutoCloseable {
  private final OutputFolder folder;
  private final Thread onExit;
  private boolean committed;

  private Staging(OutputFolder folder) {
    this.folder = folder;
    this.onExit = new Thread(folder::discard, "discard staged files");
  }

  static Staging of(OutputFolder folder) {
    Staging staging = new Staging(folder);
    Runtime.getRuntime().addShutdownHook(staging.onExit);
    return staging;
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
