package org.calibeam.pipeline.io;

import java.io.Serializable;

/**
 * A piece of a shard that one worker reads: where to read, never the data itself. This is what is
 * shuffled.
 */
public sealed interface ShardPart extends Serializable
    permits NpzPart, NpyPart, AvroPart, ParquetPart, ImagesPart {

  Shard shard();

  /** How many samples it holds, whatever share of them is read. */
  long samples();

  /** What a part does with each sample, in the file's order. */
  interface Visitor {
    /** A sample that could be read. */
    void sample(InputSample sample);

    /**
     * A sample that could not be read, while those around it can.
     *
     * @param reason what is wrong with it
     */
    void unreadable(SampleId id, String reason);

    /** A sample that is not of the shard's {@link Share}. */
    default void leftOut(SampleId id) {}
  }

  /**
   * Reads the samples one after the other.
   *
   * @throws org.calibeam.core.observe.SamplesException if the file is damaged beyond one sample, or
   *     cannot be read
   */
  void read(Visitor visitor);
}
