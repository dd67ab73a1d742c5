package org.calibeam.pipeline.io;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.calibeam.core.observe.SamplesException;
import org.jspecify.annotations.Nullable;

/**
 * One file of samples, or a group of images.
 *
 * @param path on any file system that Beam knows; of a group of images only a name
 * @param bytes its size
 * @param share which of its samples are read
 * @param reading what it does not say itself
 * @param images paths of the images of a group, else empty
 */
public record Shard(String path, long bytes, Share share, Reading reading, List<String> images)
    implements Serializable {

  /** Upper bound of the memory that one tensor of a sample may ask for: 1 GiB. */
  static final long MAX_TENSOR_BYTES = 1L << 30;

  /** Upper bound of the file of an image: 256 MiB. */
  static final long MAX_IMAGE_BYTES = 1L << 28;

  public Shard {
    images = List.copyOf(images);
  }

  /** All samples of a file that says itself what it holds. */
  public Shard(String path, long bytes) {
    this(path, bytes, Reading.PLAIN);
  }

  /** All samples of a file. */
  public Shard(String path, long bytes, Reading reading) {
    this(path, bytes, Share.ALL, reading, List.of());
  }

  /** The same file, another share of its samples. */
  public Shard with(Share other) {
    return new Shard(path, bytes, other, reading, images);
  }

  /** The same as {@code others} together, which are images. */
  static Shard group(String name, List<Shard> others) {
    return new Shard(
        name,
        others.stream().mapToLong(Shard::bytes).sum(),
        Share.ALL,
        others.get(0).reading(),
        others.stream().map(Shard::path).toList());
  }

  /** The same without the names of the images, of which there may be many. */
  Shard withoutImages() {
    return new Shard(path, bytes, share, reading, List.of());
  }

  /** Paths of the files whose content is this shard's. */
  public List<String> files() {
    return images.isEmpty() ? List.of(path) : images;
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
    if (!images.isEmpty()) {
      return ImagesPart.plan(this);
    }
    SampleFormat format = SampleFormat.of(path);
    return opened(
        input ->
            switch (format) {
              case NPZ -> NpzPart.plan(this, input);
              case NPY -> NpyPart.plan(this, input);
              case AVRO -> AvroPart.plan(this, input);
              case PARQUET -> ParquetPart.plan(this, input);
              case IMAGE ->
                  throw new DamagedException("it is an image, --images must say how to read it");
            });
  }

  /** Something read from the open file. */
  interface Use<T> {
    T with(ShardInput input) throws IOException;
  }

  /** Something done with the open file. */
  interface Visit {
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

  void reading(Visit visit) {
    opened(
        input -> {
          visit.with(input);
          return true;
        });
  }

  /** What to throw when the file is not what its name says. */
  SamplesException damaged(@Nullable String why) {
    return new SamplesException(
        "Cannot read the samples in %s: %s. Write the file again or leave it out."
            .formatted(path, why));
  }

  SamplesException unreadable(IOException cause) {
    String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new SamplesException(
        "Cannot read the samples in %s: %s. Check that the file is there, whole and readable."
            .formatted(path, why.lines().findFirst().orElse("")),
        cause);
  }
}
