package org.calibeam.pipeline.io;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/**
 * Reads a file that lies elsewhere in large pieces. A jump in a file on an object store is another
 * request, 20 to 50 milliseconds: a sample of a few hundred bytes would take one for itself.
 *
 * <p>What was read is kept until something beyond it is asked for. A short way ahead is read
 * through; anything else is a jump. Not safe for use by several threads.
 */
final class ReadAhead implements Closeable {
  static final int WINDOW = 1 << 20;

  private final SeekableByteChannel channel;

  /** Bytes {@code [start, start + limit)} of the file; the channel stands behind them. */
  private final ByteBuffer window;

  private long start;

  ReadAhead(SeekableByteChannel channel) throws IOException {
    this.channel = channel;
    this.window = ByteBuffer.allocate((int) Math.max(1, Math.min(WINDOW, channel.size()))).limit(0);
    this.start = channel.position();
  }

  /**
   * Fills {@code target} with what begins at {@code position}.
   *
   * @throws EOFException if the file ends before
   */
  void read(long position, ByteBuffer target) throws IOException {
    if (position < start || position > end() + WINDOW) {
      channel.position(position);
      start = position;
      window.limit(0);
    }
    while (position > end()) {
      refill();
    }
    window.position((int) (position - start));
    take(target);
    while (target.remaining() >= window.capacity()) {
      direct(target);
    }
    while (target.hasRemaining()) {
      refill();
      take(target);
    }
  }

  private long end() {
    return start + window.limit();
  }

  private void take(ByteBuffer target) {
    int length = Math.min(window.remaining(), target.remaining());
    target.put(window.slice(window.position(), length));
    window.position(window.position() + length);
  }

  /** What would fill the window anyway goes past it. */
  private void direct(ByteBuffer target) throws IOException {
    long behind = end();
    int read = some(target);
    start = behind + read;
    window.limit(0);
  }

  private void refill() throws IOException {
    start = end();
    window.clear();
    try {
      while (window.hasRemaining() && channel.read(window) >= 0) {}
    } finally {
      window.flip();
    }
    if (!window.hasRemaining()) {
      throw cutOff();
    }
  }

  private int some(ByteBuffer target) throws IOException {
    int read = channel.read(target);
    if (read < 0) {
      throw cutOff();
    }
    return read;
  }

  static EOFException cutOff() {
    return new EOFException("it was cut off while it was read");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
