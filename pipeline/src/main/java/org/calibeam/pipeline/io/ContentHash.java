package org.calibeam.pipeline.io;

import java.io.Serializable;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.calibeam.core.tensor.TensorData;

/**
 * Identifies a set of samples by what they hold: the sum modulo 2^256 of their SHA-256. The order
 * of the samples and how they are spread over parts do not matter; a sample that occurs twice
 * counts twice. Merging is exact.
 *
 * <p>It tells accidents apart, not attacks: whoever may choose many samples freely could find two
 * sets with the same sum.
 */
public record ContentHash(BigInteger sum) implements Serializable {
  public static final ContentHash EMPTY = new ContentHash(BigInteger.ZERO);

  private static final int BYTES = 32;
  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(8 * BYTES);

  /** The hash of one sample: of type, shape and elements of each input. */
  public static ContentHash of(InputSample sample) {
    MessageDigest digest = sha256();
    for (TensorData tensor : sample.inputs()) {
      byte[] type = tensor.dtype().torchName().getBytes(StandardCharsets.US_ASCII);
      long[] sizes = tensor.sizes();
      ByteBuffer head =
          ByteBuffer.allocate(8 + type.length + 8 * sizes.length).order(ByteOrder.LITTLE_ENDIAN);
      head.putInt(type.length).put(type).putInt(sizes.length);
      for (long size : sizes) {
        head.putLong(size);
      }
      digest.update(head.flip());
      digest.update(tensor.toBytes());
    }
    return new ContentHash(new BigInteger(1, digest.digest()));
  }

  public ContentHash plus(ContentHash other) {
    return new ContentHash(sum.add(other.sum).mod(MODULUS));
  }

  /** 64 hex digits. */
  public String hex() {
    byte[] digits = sum.toByteArray();
    byte[] padded = new byte[BYTES];
    int from = Math.max(0, digits.length - BYTES);
    System.arraycopy(digits, from, padded, BYTES - (digits.length - from), digits.length - from);
    return HexFormat.of().formatHex(padded);
  }

  public static ContentHash ofHex(String hex) {
    return new ContentHash(new BigInteger(1, HexFormat.of().parseHex(hex)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return hex();
  }
}
