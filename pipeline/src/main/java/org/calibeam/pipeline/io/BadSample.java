package org.calibeam.pipeline.io;

/**
 * A sample that was set aside.
 *
 * @param stage what was being done: {@link #READ} or {@link #RUN}
 * @param source path of the file
 */
public record BadSample(SampleId id, String stage, String reason, String source)
    implements Comparable<BadSample> {
  public static final String READ = "read";
  public static final String RUN = "run";

  @Override
  public int compareTo(BadSample other) {
    int byId = id.compareTo(other.id);
    return byId != 0 ? byId : source.compareTo(other.source);
  }

  /** One line that names file and sample. */
  public String complaint() {
    return "Bad sample %s (%s): %s".formatted(id, source, reason);
  }
}
