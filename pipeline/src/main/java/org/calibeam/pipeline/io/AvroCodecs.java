package org.calibeam.pipeline.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.avro.file.BZip2Codec;
import org.apache.avro.file.Codec;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DeflateCodec;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;

/**
 * Avro's codecs with a limit. Its own unpack a block into as much memory as that takes: a thousand
 * times the file with deflate, more with bzip2.
 */
final class AvroCodecs {
  private static final int BUFFER_BYTES = 1 << 16;

  /** What a byte of snappy can become at most. */
  private static final long MAX_SNAPPY_RATIO = 64;

  private AvroCodecs() {}

  /**
   * Bounds what blocks may hold in files that are opened from now on, for the whole process: a
   * quarter of the heap, and no more than a tensor may.
   */
  static void bound() {
    int limit =
        (int) Math.min(Shard.MAX_TENSOR_BYTES, Math.max(1, Runtime.getRuntime().maxMemory() / 4));
    CodecFactory.addCodec("deflate", factory(new BoundedDeflate(limit)));
    CodecFactory.addCodec("bzip2", factory(new BoundedBzip2(limit)));
  }

  /** Whether {@code compressed} bytes of snappy can become as many as they declare. */
  static boolean canBeSnappy(long declared, long compressed) {
    return declared <= Shard.MAX_TENSOR_BYTES && declared <= MAX_SNAPPY_RATIO * compressed;
  }

  /** Neither codec has any state. */
  private static CodecFactory factory(Codec codec) {
    return new CodecFactory() {
      @Override
      protected Codec createInstance() {
        return codec;
      }
    };
  }

  private static InputStream stream(ByteBuffer block) {
    byte[] bytes = new byte[block.remaining()];
    block.duplicate().get(bytes);
    return new ByteArrayInputStream(bytes);
  }

  private static ByteBuffer atMost(int limit, InputStream unpacked) throws IOException {
    byte[] bytes = unpacked.readNBytes(limit + 1);
    if (bytes.length > limit) {
      throw new IOException(
          "a block unpacks to more than %d bytes: write smaller blocks, or give Java more memory"
              .formatted(limit));
    }
    return ByteBuffer.wrap(bytes);
  }

  static final class BoundedDeflate extends DeflateCodec {
    private final int limit;

    BoundedDeflate(int limit) {
      super(CodecFactory.DEFAULT_DEFLATE_LEVEL);
      this.limit = limit;
    }

    @Override
    public ByteBuffer decompress(ByteBuffer block) throws IOException {
      Inflater inflater = new Inflater(true);
      try (InputStream in = new InflaterInputStream(stream(block), inflater, BUFFER_BYTES)) {
        return atMost(limit, in);
      } finally {
        inflater.end();
      }
    }
  }

  static final class BoundedBzip2 extends BZip2Codec {
    private final int limit;

    BoundedBzip2(int limit) {
      this.limit = limit;
    }

    @Override
    public ByteBuffer decompress(ByteBuffer block) throws IOException {
      try (InputStream in = new BZip2CompressorInputStream(stream(block))) {
        return atMost(limit, in);
      }
    }
  }
}
