package org.calibeam.core.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The raw little-endian bytes behind one or more constant tensors.
 *
 * <p>Compared by identity: two tensors that share a storage are aliases, as tied parameters are.
 */
public final class Storage {
  private final ByteBuffer bytes;

  private Storage(ByteBuffer bytes) {
    this.bytes = bytes;
  }

  /** A storage over {@code bytes} from its position to its limit; the content must not change. */
  public static Storage of(ByteBuffer bytes) {
    return new Storage(bytes.slice().asReadOnlyBuffer());
  }

  /** A fresh read-only little-endian view of all bytes. */
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Number of bytes. */
  public int size() {
    return bytes.remaining();
  }
}
