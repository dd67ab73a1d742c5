package org.calibeam.pipeline.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadAheadTest {

  /** An object of a store: each jump is a request, and it hands out what has just arrived. */
  private static final class StoredObject implements SeekableByteChannel {
    private final byte[] content;
    private final Random random;
    private int position;
    private int requests = 1;

    StoredObject(byte[] content, Random random) {
      this.content = content;
      this.random = random;
    }

    @Override
    public int read(ByteBuffer target) {
      if (position == content.length) {
        return -1;
      }
      int length = Math.min(target.remaining(), content.length - position);
      length = Math.min(length, random.nextInt(1 << 18)); // nothing at times, as a network
      target.put(content, position, length);
      position += length;
      return length;
    }

    @Override
    public SeekableByteChannel position(long to) {
      position = Math.toIntExact(to);
      requests++;
      return this;
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public long size() {
      return content.length;
    }

    @Override
    public int write(ByteBuffer source) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static StoredObject object(int bytes, long seed) {
    Random random = new Random(seed);
    byte[] content = new byte[bytes];
    random.nextBytes(content);
    return new StoredObject(content, random);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, ReadAhead.WINDOW, 5 * ReadAhead.WINDOW + 17})
  void read_anyPlaces_givesTheFilesBytes(int bytes) throws IOException {
    StoredObject object = object(bytes, bytes);
    ReadAhead ahead = new ReadAhead(object);
    Random places = new Random(bytes + 1L);
    for (int i = 0; i < 300; i++) {
      int from = places.nextInt(bytes + 1);
      int most = bytes - from;
      int length = places.nextInt(1 + (i % 3 == 0 ? most : Math.min(most, 1 << 12)));
      ByteBuffer target = ByteBuffer.allocate(length);
      ahead.read(from, target);
      assertThat(Arrays.equals(target.array(), 0, length, object.content, from, from + length))
          .as("%d bytes from %d of %d, reading %d", length, from, bytes, i)
          .isTrue();
      assertThat(target.hasRemaining()).isFalse();
    }
  }

  @Test
  void read_smallPiecesOneAfterTheOther_takesOneRequest() throws IOException {
    StoredObject object = object(3 << 20, 5);
    ReadAhead ahead = new ReadAhead(object);
    for (int from = 0; from < 3 << 20; from += 1 << 10) {
      ahead.read(from, ByteBuffer.allocate(30));
      ahead.read(from + 50, ByteBuffer.allocate(200));
    }
    assertThat(object.requests).isEqualTo(1);
  }

  @Test
  void read_largePiecesWithShortOnesBetween_takesOneRequest() throws IOException {
    StoredObject object = object(9 << 20, 6);
    ReadAhead ahead = new ReadAhead(object);
    for (int from = 0; from < 9 << 20; from += 3 << 20) {
      ahead.read(from, ByteBuffer.allocate(30));
      ahead.read(from + 50, ByteBuffer.allocate((3 << 20) - 50));
    }
    assertThat(object.requests).isEqualTo(1);
  }

  @Test
  void read_fileShrankMeanwhile_saysSo() throws IOException {
    ReadAhead ahead = new ReadAhead(object(100, 7));
    assertThatThrownBy(() -> ahead.read(90, ByteBuffer.allocate(11)))
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> ahead.read(200, ByteBuffer.allocate(1)))
        .isInstanceOf(EOFException.class);
  }
}
