package org.calibeam.pipeline.io;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.apache.beam.sdk.io.FileSystems;
import org.jspecify.annotations.Nullable;

/**
 * Random access to a file of samples. A file system that only streams is copied to a temporary file
 * first. Not safe for use by several threads.
 */
final class ShardInput implements Closeable {
  private final SeekableByteChannel channel;
  private final @Nullable ReadAhead ahead;
  private final @Nullable Path copy;
  private final long size;

  private ShardInput(SeekableByteChannel channel, @Nullable Path copy) throws IOException {
    this.channel = channel;
    this.ahead = channel instanceof FileChannel ? null : new ReadAhead(channel);
    this.copy = copy;
    this.size = channel.size();
  }

  static ShardInput open(Shard shard) throws IOException {
    ReadableByteChannel opened = StoredFile.open(FileSystems.matchNewResource(shard.path(), false));
    if (opened instanceof SeekableByteChannel seekable) {
      return new ShardInput(seekable, null);
    }
    Path copy = Files.createTempFile("calibeam-shard", null);
    try (opened) {
      Files.copy(Channels.newInputStream(opened), copy, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      Files.delete(copy);
      throw e;
    }
    return new ShardInput(FileChannel.open(copy, StandardOpenOption.READ), copy);
  }

  long size() {
    return size;
  }

  /**
   * Bytes {@code [position, position + length)}, little-endian.
   *
   * @throws DamagedException if the file ends before; memory is only taken if it does not
   * @throws EOFException if it was cut off meanwhile
   */
  ByteBuffer read(long position, long length) throws IOException {
    if (position < 0 || length < 0 || length > size - position) {
      throw new DamagedException(
          "it ends at byte %d, before byte %d that it refers to"
              .formatted(size, position + length));
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(length));
    if (ahead != null) {
      ahead.read(position, bytes);
    } else {
      channel.position(position);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes) < 0) {
          throw ReadAhead.cutOff();
        }
      }
    }
    return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (copy != null) {
      Files.deleteIfExists(copy);
    }
  }
}
