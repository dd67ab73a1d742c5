package org.calibeam.core.pt2;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** Bytes that can be read at any position. */
interface ByteSource {

  long size() throws IOException;

  /**
   * Fills {@code into} from {@code position} on.
   *
   * @throws EOFException if the source ends before
   */
  void read(long position, ByteBuffer into) throws IOException;

  static ByteSource of(SeekableByteChannel channel) {
    return new ByteSource() {
      @Override
      public long size() throws IOException {
        return channel.size();
      }

      @Override
      public void read(long position, ByteBuffer into) throws IOException {
        channel.position(position);
        while (into.hasRemaining()) {
          if (channel.read(into) < 0) {
            throw new EOFException("the file ends at " + channel.position());
          }
        }
      }
    };
  }

  static ByteSource of(byte[] bytes) {
    return new ByteSource() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long position, ByteBuffer into) throws IOException {
        if (position < 0 || position + into.remaining() > bytes.length) {
          throw new EOFException("the archive ends at " + bytes.length);
        }
        into.put(bytes, (int) position, into.remaining());
      }
    };
  }
}
