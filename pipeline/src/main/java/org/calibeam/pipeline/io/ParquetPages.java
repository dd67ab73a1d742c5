package org.calibeam.pipeline.io;

import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.jspecify.annotations.Nullable;

/** Reads the pages of a {@link ParquetChunk} one after the other. For one thread. */
final class ParquetPages implements PageReader {
  /** Most headers take less; one with long statistics takes another reading. */
  private static final int HEADER_BYTES = 1 << 12;

  private static final int MAX_HEADER_BYTES = 1 << 24;

  /** What a byte can become at most. */
  private static final long MAX_SNAPPY_RATIO = 64;

  private static final long MAX_GZIP_RATIO = 1032;

  /** A byte of a length that goes on says 255 (LZ4 Block Format Description, "Match length"). */
  private static final long MAX_LZ4_RATIO = 255;

  /** A block has four bytes at least and becomes 128 KiB at most (RFC 8878, section 3.1.1.2). */
  private static final long MAX_ZSTD_RATIO = (128 << 10) / 4;

  private final ShardInput input;
  private final ParquetChunk chunk;
  private final long end;
  private long position;
  private @Nullable PageHeader header;

  ParquetPages(ShardInput input, ParquetChunk chunk) throws DamagedException {
    this.input = input;
    this.chunk = chunk;
    this.position = chunk.offset();
    this.end = chunk.offset() + chunk.bytes();
    if (position < 0 || chunk.bytes() < 0 || end < position || end > input.size()) {
      throw new DamagedException("column '%s' lies outside of it".formatted(chunk.leaf().path()));
    }
  }

  @Override
  public long getTotalValueCount() {
    return chunk.values();
  }

  @Override
  public @Nullable DictionaryPage readDictionaryPage() {
    try {
      PageHeader next = header();
      if (next == null || next.getType() != PageType.DICTIONARY_PAGE) {
        return null;
      }
      byte[] content = decompressed(body(next), next.getUncompressed_page_size());
      int values = next.getDictionary_page_header().getNum_values();
      int least = chunk.leaf().leastBytes();
      if (values < 0 || (long) values * least > content.length) {
        throw new DamagedException(
            "a dictionary of %d bytes cannot hold %d values".formatted(content.length, values));
      }
      return new DictionaryPage(
          BytesInput.from(content),
          values,
          encoding(next.getDictionary_page_header().getEncoding()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public DataPage readPage() {
    try {
      for (PageHeader next = header(); next != null; next = header()) {
        if (next.getType() == PageType.DATA_PAGE) {
          return first(next, next.getData_page_header());
        }
        if (next.getType() == PageType.DATA_PAGE_V2) {
          return second(next, next.getData_page_header_v2());
        }
        body(next); // An index, or a dictionary that nobody asked for.
      }
      throw new DamagedException(
          "column '%s' ends before its %d values".formatted(chunk.leaf().path(), chunk.values()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private DataPage first(PageHeader next, DataPageHeader page) throws IOException {
    byte[] content = decompressed(body(next), next.getUncompressed_page_size());
    return new DataPageV1(
        BytesInput.from(content),
        page.getNum_values(),
        content.length,
        noStatistics(),
        encoding(page.getRepetition_level_encoding()),
        encoding(page.getDefinition_level_encoding()),
        encoding(page.getEncoding()));
  }

  private DataPage second(PageHeader next, DataPageHeaderV2 page) throws IOException {
    byte[] body = body(next);
    int repetition = page.getRepetition_levels_byte_length();
    int definition = page.getDefinition_levels_byte_length();
    int levels = Math.addExact(repetition, definition);
    if (repetition < 0 || definition < 0 || levels > body.length) {
      throw new DamagedException("the levels of a page are larger than the page");
    }
    byte[] data = Arrays.copyOfRange(body, levels, body.length);
    if (page.isIs_compressed()) {
      data = decompressed(data, next.getUncompressed_page_size() - levels);
    }
    return DataPageV2.uncompressed(
        page.getNum_rows(),
        page.getNum_nulls(),
        page.getNum_values(),
        BytesInput.from(body, 0, repetition),
        BytesInput.from(body, repetition, definition),
        encoding(page.getEncoding()),
        BytesInput.from(data),
        noStatistics());
  }

  private Statistics<?> noStatistics() {
    return Statistics.createStats(chunk.leaf().descriptor().getPrimitiveType());
  }

  /** The header of the next page, null if there is none. Its {@link #body} has to be taken. */
  private @Nullable PageHeader header() throws IOException {
    if (header != null || position >= end) {
      return header;
    }
    for (int most = HEADER_BYTES; ; most = MAX_HEADER_BYTES) {
      int length = (int) Math.min(most, end - position);
      PageHeader read = new PageHeader();
      try {
        position += ParquetFooter.decode(read, input.read(position, length).array());
        header = read;
        return read;
      } catch (DamagedException e) {
        if (length < most || most == MAX_HEADER_BYTES) {
          throw e;
        }
      }
    }
  }

  private byte[] body(PageHeader taken) throws IOException {
    header = null;
    int length = taken.getCompressed_page_size();
    if (length < 0 || length > end - position) {
      throw new DamagedException("the page at byte %d is cut off".formatted(position));
    }
    byte[] body = input.read(position, length).array();
    position += length;
    if (taken.isSetCrc()) {
      CRC32 sum = new CRC32();
      sum.update(body);
      if ((int) sum.getValue() != taken.getCrc()) {
        throw new DamagedException(
            "the checksum of the page before byte %d is wrong".formatted(position));
      }
    }
    return body;
  }

  private byte[] decompressed(byte[] body, int size) throws IOException {
    long most =
        switch (chunk.codec()) {
          case UNCOMPRESSED -> body.length;
          case SNAPPY -> MAX_SNAPPY_RATIO * body.length;
          case GZIP -> MAX_GZIP_RATIO * body.length;
          case LZ4_RAW -> MAX_LZ4_RATIO * body.length;
          default -> MAX_ZSTD_RATIO * body.length;
        };
    long limit = Math.min(chunk.unpacked(), Shard.MAX_TENSOR_BYTES);
    if (size < 0 || size > Math.min(most, limit)) {
      throw new DamagedException(
          "%d bytes cannot hold the %d that a page declares, or these are above the limit of %d"
              .formatted(body.length, size, limit));
    }
    return switch (chunk.codec()) {
      case UNCOMPRESSED -> body;
      case SNAPPY -> decompressed(new SnappyDecompressor(), body, size);
      case ZSTD -> decompressed(new ZstdDecompressor(), body, size);
      case LZ4_RAW -> decompressed(new Lz4Decompressor(), body, size);
      case GZIP -> {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
          yield whole(in.readNBytes(size), size);
        }
      }
      default ->
          throw new DamagedException(
              "it is compressed with %s, only snappy, gzip, zstd and lz4_raw are supported"
                  .formatted(chunk.codec()));
    };
  }

  private static byte[] decompressed(Decompressor codec, byte[] body, int size)
      throws DamagedException {
    byte[] content = new byte[size];
    int length = size == 0 ? 0 : codec.decompress(body, 0, body.length, content, 0, size);
    return whole(length == size ? content : Arrays.copyOf(content, length), size);
  }

  private static byte[] whole(byte[] content, int size) throws DamagedException {
    if (content.length != size) {
      throw new DamagedException(
          "a page holds %d bytes, it declares %d".formatted(content.length, size));
    }
    return content;
  }

  private static Encoding encoding(org.apache.parquet.format.Encoding encoding) {
    return Encoding.valueOf(encoding.name());
  }
}
