package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.calibeam.core.observe.SamplesException;
import org.jspecify.annotations.Nullable;

/**
 * One file of samples.
 *
 * @param path on any file system that Beam knows
 * @param bytes its size
 * @param share which of its samples are read
 */
public record Shard(String path, long bytes, Share share) implements Serializable {

  /** Upper bound of the memory that one tensor of a sample may ask for: 1 GiB. */
  static final long MAX_TENSOR_BYTES = 1L << 30;

  /** All samples of a file. */
  public Shard(String path, long bytes) {
    this(path, bytes, Share.ALL);
  }

  /** The same file, another share of its samples. */
  public Shard with(Share other) {
    return new Shard(path, bytes, other);
  }

  /** File name without its folder. */
  public String name() {
    return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  }

  /**
   * Cuts this file into parts. Where it is cut depends on the file alone, so that any number of
   * workers gets the same parts.
   *
   * @throws SamplesException if the file cannot be read as what its name says it is
   */
  public List<ShardPart> parts() {
    SampleFormat format = SampleFormat.of(this);
    return opened(
        input ->
            switch (format) {
              case NPZ -> NpzPart.plan(this, input);
              case NPY -> NpyPart.plan(this, input);
              case AVRO -> AvroPart.plan(this, input);
            });
  }

  /** Something read from the open file. */
  interface Use<T> {
    T with(ShardInput input) throws IOException;
  }

  /** Something done with the open file. */
  interface Reading {
    void with(ShardInput input) throws IOException;
  }

  /** Opens the file, does {@code use} and closes it; an {@link IOException} names the file. */
  <T> T opened(Use<T> use) {
    try (ShardInput input = ShardInput.open(this)) {
      return use.with(input);
    } catch (DamagedException e) {
      throw damaged(e.getMessage());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  void reading(Reading reading) {
    opened(
        input -> {
          reading.with(input);
          return true;
        });
  }

  /** What to throw when the file is not what its name says. */
  SamplesException damaged(@Nullable String why) {
    return new SamplesException(
        "Cannot read the samples in %s: %s. Write the file again or leave it out."
            .formatted(path, why));
  }

  private SamplesException unreadable(IOException cause) {
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new SamplesException(
        "Cannot read the samples in %s: %s. Check that the file is there, whole and readable."
            .formatted(path, why.lines().findFirst().orElse("")),
        cause);
  }
}
