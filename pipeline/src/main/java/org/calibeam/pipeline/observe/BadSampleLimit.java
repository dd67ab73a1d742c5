package org.calibeam.pipeline.observe;

import java.io.Serializable;
import org.calibeam.core.observe.SamplesException;
import org.calibeam.pipeline.io.BadSample;

/**
 * Stops early what cannot succeed: counts the bad samples that one worker sees. The limit of the
 * whole job is checked at its end.
 */
public final class BadSampleLimit implements Serializable {
  private static final long serialVersionUID = 1;

  private final long most;
  private transient long seen;

  /**
   * @param most with more the job fails, with 0 at the first
   */
  public BadSampleLimit(long most) {
    this.most = most;
  }

  /**
   * Counts one more.
   *
   * @throws SamplesException if that is one too many
   */
  public void count(BadSample bad) {
    if (++seen > most) {
      String limit =
          most == 0
              ? "Repair or remove it, or allow some with --max-bad-samples."
              : "It is number %d, --max-bad-samples allows %d.".formatted(seen, most);
      String complaint = bad.complaint();
      throw new SamplesException(complaint + (complaint.endsWith(".") ? " " : ". ") + limit);
    }
  }
}
