package org.calibeam.pipeline.io;

/**
 * How much of a file becomes one part. It depends on the file alone: never on the number of
 * workers, since results must not.
 */
final class PartSize {
  /** Enough that reading is not all seeking. */
  private static final long BYTES = 4L << 20;

  /** However small samples are, running them may take long, and a part is lost if its worker is. */
  private static final long SAMPLES = 64;

  /** A small file is cut into so many parts, so that a few workers end at about the same time. */
  private static final long PARTS_OF_A_SMALL_FILE = 16;

  private final long samplesAtMost;

  private PartSize(long samplesAtMost) {
    this.samplesAtMost = samplesAtMost;
  }

  static PartSize forFileOf(long samples) {
    long share = Math.floorDiv(samples + PARTS_OF_A_SMALL_FILE - 1, PARTS_OF_A_SMALL_FILE);
    return new PartSize(Math.max(1, Math.min(SAMPLES, share)));
  }

  /** Whether a part of so many samples and bytes is more than enough. */
  boolean isExceededBy(long samples, long bytes) {
    return samples > samplesAtMost || bytes > BYTES;
  }

  /** Samples of equal size that make up a part, at least one. */
  long samplesOf(long sampleBytes) {
    return Math.max(1, Math.min(samplesAtMost, BYTES / Math.max(1, sampleBytes)));
  }
}
