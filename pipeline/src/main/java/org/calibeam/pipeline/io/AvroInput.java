package org.calibeam.pipeline.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.avro.file.SeekableInput;

/** Gives Avro a {@link ShardInput} to read. */
final class AvroInput implements SeekableInput {
  private final ShardInput input;
  private long position;

  AvroInput(ShardInput input) {
    this.input = input;
  }

  @Override
  public void seek(long p) {
    position = p;
  }

  @Override
  public long tell() {
    return position;
  }

  @Override
  public long length() {
    return input.size();
  }

  @Override
  public int read(byte[] b, int off, int len) throws IOException {
    long left = input.size() - position;
    if (left <= 0 && len > 0) {
      return -1;
    }
    ByteBuffer bytes = input.read(position, Math.min(len, left));
    int count = bytes.remaining();
    bytes.get(b, off, count);
    position += count;
    return count;
  }

  /** Leaves the file open: whoever opened it closes it. */
  @Override
  public void close() {}
}
