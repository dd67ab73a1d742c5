package org.calibeam.pipeline.observe;

import org.calibeam.core.interp.CompiledProgram;
import org.calibeam.core.interp.GraphRunner;
import org.calibeam.core.prepare.PreparedProgram;
import org.jspecify.annotations.Nullable;

/**
 * A model ready to be calibrated, once per process however many threads use it. Weights go to
 * native memory with the first runner, and leave it with the last.
 */
public final class PreparedModel implements AutoCloseable {
  private static final PerProcess<CalibrationTask, PreparedModel> MODELS =
      new PerProcess<>(PreparedModel::new);

  private final CalibrationTask task;
  private final PreparedProgram prepared;
  private @Nullable CompiledProgram compiled;

  private PreparedModel(CalibrationTask task) {
    this.task = task;
    this.prepared = task.prepare(task.model().read());
  }

  /**
   * The model of {@code task}; each call wants one {@link #release}.
   *
   * @throws org.calibeam.core.graph.ModelException if it cannot be read
   * @throws org.calibeam.core.qspec.ConfigurationException if the configuration does not fit it
   */
  public static PreparedModel acquire(CalibrationTask task) {
    return MODELS.acquire(task);
  }

  /** Gives back one {@link #acquire}. */
  public void release() {
    MODELS.release(task);
  }

  /** Called when the last user has released it. */
  @Override
  public synchronized void close() {
    if (compiled != null) {
      compiled.close();
      compiled = null;
    }
  }

  public PreparedProgram prepared() {
    return prepared;
  }

  /** A runner for one thread; the caller closes it before it releases the model. */
  public synchronized GraphRunner newRunner() {
    if (compiled == null) {
      compiled = CompiledProgram.withDecisions(prepared);
    }
    return compiled.newRunner();
  }
}
