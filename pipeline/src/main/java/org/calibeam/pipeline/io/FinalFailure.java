package org.calibeam.pipeline.io;

import java.io.IOException;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.calibeam.core.graph.ModelException;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.core.qspec.ConfigurationException;

/**
 * What another attempt would only repeat: a model, samples or a configuration at fault. Flink fails
 * the job at once when it sees this one, instead of using up the attempts of its restart strategy,
 * which are for lost machines and for files out of reach.
 *
 * <p>Without Flink on the class path the annotation is not there and means nothing.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class FinalFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private FinalFailure(RuntimeException cause) {
    super(cause.getMessage(), cause);
  }

  /**
   * Does {@code work} for a worker.
   *
   * @throws FinalFailure with the exception that says who must act, unless it comes from input or
   *     output, which may work again: that one is thrown as it is
   */
  public static void unlessRepeatable(Runnable work) {
    try {
      work.run();
    } catch (ModelException | SamplesException | ConfigurationException e) {
      throw isRepeatable(e) ? e : new FinalFailure(e);
    }
  }

  private static boolean isRepeatable(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof IOException) {
        return true;
      }
    }
    return false;
  }
}
